package instance

import (
	"testing"

	"github.com/syncsvc/syncsvc/rsync"
)

func TestItemsInWords(t *testing.T) {
	for change, want := range map[string]string{
		".f         ": "", ".d          "[:11]: "",
		"<f+++++++++": "missing", "cd+++++++++": "missing", "cL+++++++++": "missing",
		"<f.st......": "content: size, time", "<fc........": "content: checksum", "cLc.t......": "content: checksum, time",
		".f..t......": "attributes: time", ".d..tpog.ax": "attributes: time, mode, owner, group, ACL, extended attributes",
		"hf         ": "attributes: hard link", ".f....o....": "attributes: owner",
	} {
		it := rsync.Item{Change: change, New: len(change) > 9 && change[2:] == "+++++++++"}
		if got := inWords(it); got != want {
			t.Errorf("%q is %q, want %q", change, got, want)
		}
	}
	if got := inWords(rsync.Item{Change: "*deleting  ", Deleted: true}); got != "extra" {
		t.Errorf("a deletion is %q", got)
	}
}
