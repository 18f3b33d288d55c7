package instance

import (
	"testing"

	"github.com/syncsvc/syncsvc/change"
)

// upload starts a job for a big file and then a tree around it.
func (d *desk) upload(around change.Change) (upload, walker *job) {
	d.t.Helper()
	d.put(folder, 0, "d")
	d.put(file, 50<<20, "d/big")
	d.l.add(change.Change{Path: "d/big"})
	upload = d.mustPick()
	d.l.add(around)
	return upload, d.mustPick()
}

func TestComparisonSparesWhatIsBeingSent(t *testing.T) {
	d := newDesk(t)
	upload, walker := d.upload(compareAll(change.Root))
	if len(walker.spared) != 1 || walker.spared[0] != "d/big" {
		t.Fatalf("it spares %q", walker.spared)
	}
	d.done(upload)
	d.done(walker)
	if j := d.pick(); j != nil {
		t.Errorf("%q goes out again", paths(j))
	}
}

func TestWhatWasSparedAndNotDeliveredIsOwed(t *testing.T) {
	for what, o := range map[string]outcome{
		"failed":   {failed: []failedPath{{path: "d/big"}}},
		"vanished": {vanished: []string{"d/big"}},
		"cut":      {verdict: undone},
	} {
		d := newDesk(t)
		upload, walker := d.upload(compareAll(change.Root))
		d.l.settle(upload, o, d.now)
		d.done(walker)
		if all, _ := d.l.owedLen(); all == 0 {
			t.Errorf("%s: nothing is owed", what)
		}
	}
}

// TestChangedTreeSparesNothing: what is being sent may be the file that was
// there before.
func TestChangedTreeSparesNothing(t *testing.T) {
	d := newDesk(t)
	upload, walker := d.upload(change.Change{Path: "d", Scope: change.Tree})
	d.done(upload)
	d.done(walker)
	if len(walker.spared) > 0 {
		t.Errorf("it spares %q", walker.spared)
	}
	wantPaths(t, d.mustPick(), "d/big")
}
