package config

import "testing"

func TestTemporaryFilesAreLeftOutWhenAsked(t *testing.T) {
	const least = "watch: /srv/www\ntargets: [/mnt/www]\n"
	on := mustDecode(t, least+"temp_files: exclude\n")
	off := mustDecode(t, least)
	for path, out := range map[string]bool{
		"a/.index.php.Xk3fQ9": true, "x~": true, "a/4913": true, "a/.x.swp": true, ".x.swo": true, "a/movie.part": true,
		"a.crdownload": true, ".#x": true, "#x#": true,
		".htaccess": false, ".env": false, ".env.docker": false, ".x.BACKUP": false, ".x.202401": false, "a/b": false, "x~y": false, "49130": false,
	} {
		if got := on.Filter.Excluded(path, false); got != out {
			t.Errorf("%s is left out: %v, want %v", path, got, out)
		}
		if on.Filter.Excluded(path, true) {
			t.Errorf("the folder %s is left out", path)
		}
		if off.Filter.Excluded(path, false) {
			t.Errorf("%s is left out without being asked for", path)
		}
	}
}

func TestRulesComeBeforeTemporaryFiles(t *testing.T) {
	m := mustDecode(t, "watch: /srv/www\ntargets: [/mnt/www]\ntemp_files: exclude\ninclude: [keep.part]\nexclude: [.git/]\n")
	for path, want := range map[string]bool{"keep.part": false, "other.part": true} {
		if got := m.Filter.Excluded(path, false); got != want {
			t.Errorf("%s is left out: %v, want %v", path, got, want)
		}
	}
	if !m.Filter.Excluded(".git", true) {
		t.Error("a folder that is excluded is not")
	}
}
