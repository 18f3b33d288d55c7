package packaging_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// versions are in the order in which packages must replace each other.
var versions = []struct{ given, deb, apk, archlinux string }{
	{"0.0.0+20261119.235959.gffffffff", "0.0.0+20261119.235959.gffffffff", "0.0.0_git20261119_p235959", "0.0.0+20261119.235959.gffffffff"},
	{"0.0.0+20261120.000501.gabc", "0.0.0+20261120.000501.gabc", "0.0.0_git20261120_p000501", "0.0.0+20261120.000501.gabc"},
	{"v1.2.3-alpha", "1.2.3~alpha", "1.2.3_alpha", "1.2.3alpha"},
	{"v1.2.3-rc1", "1.2.3~rc1", "1.2.3_rc1", "1.2.3rc1"},
	{"v1.2.3-rc1+9.g9ab", "1.2.3~rc1+9.g9ab", "1.2.3_rc1_p9", "1.2.3rc1+9.g9ab"},
	{"v1.2.3-rc1+10.g1ab", "1.2.3~rc1+10.g1ab", "1.2.3_rc1_p10", "1.2.3rc1+10.g1ab"},
	{"v1.2.3-rc2", "1.2.3~rc2", "1.2.3_rc2", "1.2.3rc2"},
	{"v1.2.3-rc10", "1.2.3~rc10", "1.2.3_rc10", "1.2.3rc10"},
	{"v1.2.3", "1.2.3", "1.2.3", "1.2.3"},
	{"1.2.3+0.gabc.dirty", "1.2.3+0.gabc.dirty", "1.2.3_p0", "1.2.3+0.gabc.dirty"},
	{"1.2.3+5.gfff", "1.2.3+5.gfff", "1.2.3_p5", "1.2.3+5.gfff"},
	{"1.2.3+12.g000", "1.2.3+12.g000", "1.2.3_p12", "1.2.3+12.g000"},
	{"1.2.4", "1.2.4", "1.2.4", "1.2.4"},
	{"v1.10.0", "1.10.0", "1.10.0", "1.10.0"},
	{"v2.0.0-rc.1", "2.0.0~rc.1", "2.0.0_rc1", "2.0.0rc.1"},
	{"v2.0.0", "2.0.0", "2.0.0", "2.0.0"},
}

// forApk is what apk takes for a version.
var forApk = regexp.MustCompile(`^\d+(\.\d+)*[a-z]?(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*$`)

func TestVersionIsWrittenAsEachPackageManagerWants(t *testing.T) {
	for _, v := range versions {
		for format, want := range map[string]string{"deb": v.deb, "rpm": v.deb, "apk": v.apk, "archlinux": v.archlinux} {
			if got := versionFor(t, format, v.given); got != want {
				t.Errorf("%s for %s: got %s, want %s", v.given, format, got, want)
			}
		}
		if !forApk.MatchString(v.apk) {
			t.Errorf("apk refuses %s", v.apk)
		}
	}
}

func TestPackageManagersOrderVersionsAsTheyCame(t *testing.T) {
	folder(t) // rpm and vercmp come with ./setup boot
	for i := range versions[1:] {
		older, newer := versions[i], versions[i+1]
		if _, _, err := try(t, "dpkg", "--compare-versions", older.deb+"-1", "lt", newer.deb+"-1"); err != nil {
			t.Errorf("dpkg does not take %s for older than %s", older.deb, newer.deb)
		}
		if got := output(t, "rpm", "--eval", `%{lua: print(rpm.vercmp("`+older.deb+`", "`+newer.deb+`"))}`); strings.TrimSpace(got) != "-1" {
			t.Errorf("rpm does not take %s for older than %s", older.deb, newer.deb)
		}
		if got := output(t, "vercmp", older.archlinux+"-1", newer.archlinux+"-1"); strings.TrimSpace(got) != "-1" {
			t.Errorf("pacman does not take %s for older than %s", older.archlinux, newer.archlinux)
		}
	}
}

func TestNonsenseIsNoVersion(t *testing.T) {
	for _, given := range []string{"dev", "1.2.3-", "1.2.3+foo", "1.2.3-final", "1.2.3 4", "1.2.3\n1.2.4", "1.2.3+5.6.7", "1.2.3+5.abc", "1.2.3+5.gabc.gdef", "-1", "$(reboot)"} {
		_, words, err := version(t, t.TempDir(), "VERSION="+given)
		if err == nil || !strings.Contains(words, "use 1.2.3") {
			t.Errorf("VERSION=%q: got %v and %q, want an error that says what to use", given, err, words)
		}
	}
}

// A repository tells its version by tags; each step is a commit more.
func TestVersionComesFromTags(t *testing.T) {
	dir := t.TempDir()
	git := gitIn(t, dir)
	git("init", "--quiet")
	git("commit", "--quiet", "--allow-empty", "--message=one", "--date=2026-11-20T14:30:00+02:00")
	hash := `\.g[0-9a-f]{9}`
	expect := func(want string) {
		t.Helper()
		got, words, err := version(t, dir)
		if err != nil || !regexp.MustCompile("^"+want+"$").MatchString(got) {
			t.Errorf("got %q, %v %s, want %s", got, err, words, want)
		}
	}
	expect(`0\.0\.0\+20261120\.123000` + hash)
	git("tag", "unrelated")
	git("tag", "vendor-1.0")
	expect(`0\.0\.0\+20261120\.123000` + hash)
	git("tag", "v1.2.3")
	expect(`1\.2\.3`)
	git("commit", "--quiet", "--allow-empty", "--message=two")
	expect(`1\.2\.3\+1` + hash)
	git("tag", "--annotate", "--message=first", "v1.3.0-rc1")
	expect(`1\.3\.0~rc1`)
	git("commit", "--quiet", "--allow-empty", "--message=three")
	expect(`1\.3\.0~rc1\+1` + hash)
	git("tag", "v1.3.0")
	expect(`1\.3\.0`)
	if err := os.WriteFile(filepath.Join(dir, "packaging/version"), []byte(text(t, "version")+"\n# edited\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	git("add", "packaging/version")
	expect(`1\.3\.0\+0` + hash + `\.dirty`)
}

// A tarball has no history; then it has to be told.
func TestVersionOfATarballHasToBeSet(t *testing.T) {
	dir := t.TempDir()
	if _, words, err := version(t, dir, "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir)); err == nil || !strings.Contains(words, "VERSION=1.2.3 make packages") {
		t.Errorf("got %v and %q, want an error that says how to set VERSION", err, words)
	}
	if got, words, err := version(t, dir, "VERSION=1.2.3"); err != nil || got != "1.2.3" {
		t.Errorf("VERSION=1.2.3: got %q, %v %s", got, err, words)
	}
}

func TestVersionMindsNoSearchPath(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(elsewhere, "packaging"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, words, err := version(t, dir, "VERSION=1.2.3"); err != nil {
		t.Fatal(err, words)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "packaging/version")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "VERSION=1.2.3", "CDPATH="+elsewhere)
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "1.2.3\n" {
		t.Errorf("got %q, %v", out, err)
	}
}

func versionFor(t *testing.T, format, given string) string {
	t.Helper()
	t.Setenv("VERSION", given)
	return strings.TrimSpace(output(t, "./version", format))
}

// version asks a copy of packaging/version that is in dir.
func version(t *testing.T, dir string, env ...string) (got, words string, err error) {
	t.Helper()
	script := filepath.Join(dir, "packaging", "version")
	if _, err := os.Stat(script); err != nil {
		if err := os.MkdirAll(filepath.Dir(script), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(script, []byte(text(t, "version")), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr strings.Builder
	cmd := exec.CommandContext(t.Context(), script)
	cmd.Env = append(append(os.Environ(), "VERSION=", "LC_ALL=C"), env...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	return strings.TrimSpace(stdout.String()), stderr.String(), err
}

// gitIn returns a git that knows nothing of this machine's settings.
func gitIn(t *testing.T, dir string) func(args ...string) {
	return func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_COMMITTER_DATE=2026-11-20T14:30:00+02:00",
			"GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.com", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.com")
		if words, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, words)
		}
	}
}
