package rsync

import "testing"

// The delete pass of another job may remove a file that is being received; the
// first that rsync says of it is that it cannot look at its temporary name.
func TestTemporaryNameStandsForTheFile(t *testing.T) {
	r := &resolver{names: func(string) []string { return []string{"page1.html", "page2.html"} }}
	for name, want := range map[string]string{
		"dir3/.page2.html.kAKXnI": "dir3/page2.html",
		"dir3/page2.html":         "dir3/page2.html",
	} {
		m := parseMessage(`rsync: [receiver] stat "`+name+`" (in bbs) failed: No such file or directory (2)`, trouble)
		if got := r.meant(m.path, m.temp); m.meaning != failure || len(got) != 1 || got[0] != want {
			t.Errorf("%s stands for %q, want %s", name, got, want)
		}
	}
}
