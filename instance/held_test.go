package instance

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

func listing(path string) change.Change {
	return change.Change{Path: path, Scope: change.Listing, Quick: true, Swept: true, Since: at(1)}
}

// withhold settles the next job as one that would delete too much.
func (d *desk) withhold(deletions int) *job {
	d.t.Helper()
	j := d.mustPick()
	d.l.settle(j, outcome{verdict: withheld, deletions: deletions, everything: true}, d.now)
	return j
}

func TestDeletionsSeenAgainAreCountedOnce(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "d")
	for range 2 {
		d.l.add(compareAll(change.Root))
		d.withhold(10)
	}
	d.l.add(listing("d"))
	d.withhold(7)
	if n := d.l.held.total(); n != 10 {
		t.Errorf("%d deletions are held, want 10", n)
	}
}

// TestPartSeenAgainIsCountedOnce: after a restart, a walk tells of the folders
// one after the other, and 16 deletions were held where there were 10.
func TestPartSeenAgainIsCountedOnce(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "d", "e")
	d.l.add(listing("d"))
	d.l.add(listing("e"))
	d.withhold(10)
	d.l.add(listing("d"))
	d.withhold(7)
	if n := d.l.held.total(); n != 10 {
		t.Errorf("%d deletions are held, want 10", n)
	}
	d.l.add(listing("d"))
	d.l.add(listing("e"))
	d.withhold(8) // two are made, or back
	if n := d.l.held.total(); n != 8 {
		t.Errorf("%d deletions are held, want 8", n)
	}
}

func TestAFullCompareThatHoldsNothingEndsTheHold(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "d")
	d.l.add(listing("d"))
	d.withhold(10)
	d.l.add(compareAll(change.Root))
	d.done(d.mustPick())
	if n := d.l.held.total(); n != 0 {
		t.Errorf("%d deletions are still held", n)
	}
}

// TestApprovedDeletionsAreKeptUntilTheyAreMade: the checkpoint has passed them,
// so nothing else would find them after a crash.
func TestApprovedDeletionsAreKeptUntilTheyAreMade(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "d")
	d.l.add(listing("d"))
	d.withhold(10)
	d.l.approve()
	kept := func() int {
		l := newLedger(time.Minute, maxOwed)
		l.recall(d.l.persist())
		return l.held.total()
	}
	j := d.mustPick()
	d.l.settle(j, outcome{verdict: undone}, d.now)
	if n := kept(); n != 10 {
		t.Errorf("%d deletions would survive a crash, want 10", n)
	}
	j = d.mustPick()
	if j.allowed != 10 {
		t.Errorf("%d deletions are allowed after an outage, want 10", j.allowed)
	}
	d.done(j)
	if n := kept(); n != 0 {
		t.Errorf("%d deletions are kept though they were made", n)
	}
}

// TestNewFoldersOfAHeldListingAreFilled: what was made on the target is not
// forgotten because something else is held.
func TestNewFoldersOfAHeldListingAreFilled(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "d", "d/new")
	d.l.add(listing("d"))
	d.l.settle(d.mustPick(), outcome{verdict: withheld, deletions: 10, folders: []string{"d/new"}}, d.now)
	if j := d.mustPick(); j.shape != tree || j.items[0].Path != "d/new" {
		t.Errorf("the next job is a %s of %q", j.shape, paths(j))
	}
}

// TestLiveDeletionsGoWithoutThoseOfAScan: by default only what nobody saw
// happen is held.
func TestLiveDeletionsGoWithoutThoseOfAScan(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "d")
	d.l.add(listing("d"))
	d.l.add(change.Change{Path: "seen", Since: at(1), Quick: true})
	d.l.settle(d.mustPick(), outcome{verdict: withheld, deletions: 200}, d.now)
	wantPaths(t, d.mustPick(), "seen")
	if !d.l.held.holds("d") || d.l.held.holds("seen") {
		t.Error("the wrong deletions are held")
	}
}

// TestWhatAWalkFindsWaitsForItsEnd: otherwise the limit would be kept by
// deleting a part at a time.
func TestWhatAWalkFindsWaitsForItsEnd(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "d", "e")
	d.put(file, 1, "f")
	walk := &request{}
	d.l.walking[walk] = change.Change{Path: change.Root, Scope: change.Scan, Since: at(1)}
	d.l.add(listing("d"))
	d.l.add(change.Change{Path: "f", Since: at(1)})
	j := d.mustPick()
	wantPaths(t, j, "f")
	d.done(j)
	d.l.add(listing("e"))
	if j := d.pick(); j != nil {
		t.Fatalf("%q did not wait", paths(j))
	}
	delete(d.l.walking, walk)
	wantPaths(t, d.mustPick(), "d", "e")
}

// TestFoldersFoundByAWalkHoldBackTheCheckpoint: they are compared by the quick
// check like everything else, but they are known to be missing.
func TestFoldersFoundByAWalkHoldBackTheCheckpoint(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "d")
	d.l.add(change.Change{Path: "d", Scope: change.Tree, Quick: true, Swept: true, Since: at(1)})
	if got := d.l.oldest(false); !got.Equal(at(1)) {
		t.Errorf("the oldest is %s, want %s", got, at(1))
	}
}

// TestAComparisonHoldsBackTheCheckpointForWhatItCovers: what was owed before
// somebody asked for a comparison is not there yet.
func TestAComparisonHoldsBackTheCheckpointForWhatItCovers(t *testing.T) {
	d := newDesk(t)
	d.l.add(compareAll(change.Root))
	if got := d.l.oldest(false); !got.IsZero() {
		t.Errorf("a comparison alone holds it back to %s", got)
	}
	d.l.add(change.Change{Path: "f", Quick: true, Since: at(1)})
	if got := d.l.oldest(false); !got.Equal(at(1)) {
		t.Errorf("the oldest is %s, want %s", got, at(1))
	}
}

// TestFailureThatIsOverBeforeItIsTold: the loop used to look for the path that
// failed last where there was none any more.
func TestFailureThatIsOverBeforeItIsTold(t *testing.T) {
	tg := &target{ledger: newLedger(time.Minute, maxOwed), log: slog.New(slog.DiscardHandler)}
	tg.ledger.failing.note(change.Change{Path: "f"}, "why", at(1))
	tg.ledger.failing.clear(change.Change{Path: "f"})
	tg.judge(outcome{verdict: answered}, false, at(2))
	if n := tg.ledger.failing.news; n != 0 {
		t.Errorf("%d failures are still to be told", n)
	}
}

// A job may have counted deletions that were then made by another, because a
// person approved them: they are not held once more.
func TestDeletionsMadeMeanwhileAreNotHeld(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "d")
	d.l.add(listing("d"))
	d.l.settle(d.mustPick(), outcome{verdict: withheld, deletions: 3}, d.now)
	d.l.approve()
	approved := d.mustPick()
	d.now = d.now.Add(fastOverlap)
	d.l.add(listing("e"))
	d.put(folder, 0, "e")
	counting := d.mustPick()
	d.now = d.now.Add(time.Second)
	d.l.settle(approved, outcome{}, d.now)
	d.l.settle(counting, outcome{verdict: withheld, deletions: 3}, d.now)
	if n := d.l.held.total(); n != 0 {
		t.Errorf("%d deletions are held that may have been made", n)
	}
	if j := d.mustPick(); !slices.Contains(paths(j), "e") {
		t.Errorf("looks again at %q, want e among them", paths(j))
	}
}

// TestApprovalDuringALookHoldsNothingElse: what was counted in several folders
// at once is not held for one in which nothing was deleted.
func TestApprovalDuringALookHoldsNothingElse(t *testing.T) {
	d := newDesk(t)
	for _, p := range []string{"m0", "m1"} {
		d.put(folder, 0, p)
		d.l.add(change.Change{Path: p, Scope: change.Listing, Quick: true, Swept: true, Since: d.now})
	}
	j := d.mustPick()
	d.l.allow(newJob(flat, fast, []change.Change{{Path: "m0/f", Quick: true, Swept: true, Since: d.now}}), 1)
	d.l.settle(j, outcome{verdict: withheld, deletions: 1, everything: true}, d.now)
	if n := d.l.held.total(); n != 0 {
		t.Errorf("%d deletions are held, want a second look at both folders", n)
	}
	if !d.l.owed.Holds("m0") || !d.l.owed.Holds("m1") {
		t.Error("the folders are not looked at again")
	}
}
