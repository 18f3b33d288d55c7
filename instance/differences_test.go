package instance

import "testing"

func TestNamesOfUnfinishedFiles(t *testing.T) {
	for path, want := range map[string]string{
		"d/.f.MWXVZt": "d/f", ".f.x.123456": "f.x", "d/f.MWXVZt": "", "d/.MWXVZt": "", ".f.12345": "", "f": "", "d/..MWXVZt": "",
	} {
		if got := unfinished(path); got != want {
			t.Errorf("%q is unfinished %q, want %q", path, got, want)
		}
	}
}
