package instance

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/change"
)

var t0 = time.Unix(1_000_000, 0)

func at(seconds int) time.Time { return t0.Add(time.Duration(seconds) * time.Second) }

// desk is a ledger with a disk to look at.
type desk struct {
	t    testing.TB
	l    *ledger
	disk map[string]sight // what is there; anything else is gone
	now  time.Time
	ln   lanes
}

func newDesk(t testing.TB) *desk {
	return &desk{
		t: t, l: newLedger(time.Minute, maxOwed), now: at(100), ln: newLanes(4, 0),
		disk: map[string]sight{change.Root: {kind: folder}},
	}
}

func (d *desk) put(kind kind, size int64, paths ...string) {
	for _, p := range paths {
		d.disk[p] = sight{kind: kind, size: size}
	}
}

// pick returns the next job as a target's loop would start it, after deletions
// have waited as long as they do.
func (d *desk) pick() *job {
	for {
		j := d.l.pick(d.now, d.ln)
		if due := d.l.doomed.due(); j == nil && due.After(d.now) {
			d.now = due
			continue
		}
		if j == nil {
			return nil
		}
		for i := range j.items {
			j.items[i].seen = d.disk[j.items[i].Path]
		}
		stale := d.l.refine(j, d.ln, true)
		if len(j.items) > 0 {
			return j
		}
		if len(stale) > 0 {
			return nil
		}
	}
}

func (d *desk) mustPick() *job {
	d.t.Helper()
	j := d.pick()
	if j == nil {
		d.t.Fatal("nothing to do")
	}
	return j
}

func (d *desk) done(j *job) { d.l.settle(j, outcome{}, d.now) }

func paths(j *job) []string {
	if j == nil {
		return nil
	}
	var out []string
	for _, it := range j.items {
		out = append(out, it.Path)
	}
	slices.Sort(out)
	return out
}

func wantPaths(t testing.TB, j *job, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, paths(j)); d != "" {
		t.Errorf("job has other paths (-want +got):\n%s", d)
	}
}

func TestWhileBusyChangesAreCollected(t *testing.T) {
	d := newDesk(t)
	d.put(file, 10, "a", "b", "c")
	d.l.add(change.Change{Path: "a"})
	first := d.mustPick()
	wantPaths(t, first, "a")
	d.l.add(change.Change{Path: "b"})
	d.l.add(change.Change{Path: "c"})
	if j := d.pick(); j != nil {
		t.Fatalf("started %q while the first job is young", paths(j))
	}
	d.done(first)
	wantPaths(t, d.mustPick(), "b", "c")
}

func TestSlowJobIsOvertaken(t *testing.T) {
	d := newDesk(t)
	d.put(file, 10, "a", "b")
	d.l.add(change.Change{Path: "a"})
	d.mustPick()
	d.l.add(change.Change{Path: "b"})
	d.now = d.l.wakeAt(d.now)
	wantPaths(t, d.mustPick(), "b")
}

func TestPathInFlightWaits(t *testing.T) {
	d := newDesk(t)
	d.put(file, 10, "a")
	d.l.add(change.Change{Path: "a"})
	first := d.mustPick()
	d.l.add(change.Change{Path: "a"})
	d.now = d.now.Add(time.Minute)
	if j := d.pick(); j != nil {
		t.Fatal("the same path was sent twice at once")
	}
	d.done(first)
	wantPaths(t, d.mustPick(), "a")
}

func TestSmallChangeDoesNotWaitBehindABigFile(t *testing.T) {
	d := newDesk(t)
	d.put(file, 50<<30, "huge")
	d.put(file, 10, "small")
	d.l.add(change.Change{Path: "huge"})
	d.l.add(change.Change{Path: "small"})
	wantPaths(t, d.mustPick(), "small")
	big := d.mustPick()
	wantPaths(t, big, "huge")
	if big.lane != bulk {
		t.Error("the big file goes by the fast lane")
	}
}

func TestFolderDeletedWhileABigFileInItIsSent(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "d")
	d.put(file, 50<<30, "d/huge")
	d.l.add(change.Change{Path: "d/huge"})
	big := d.mustPick()
	delete(d.disk, "d")
	delete(d.disk, "d/huge")
	d.l.add(change.Change{Path: "d"})
	j := d.l.pick(d.now, d.ln)
	stale := d.l.refine(j, d.ln, true)
	if d := cmp.Diff([]string{"d"}, stale); d != "" {
		t.Errorf("the sender of d/huge is not ended: %s", d)
	}
	d.l.settle(big, outcome{verdict: undone}, d.now)
	wantPaths(t, d.mustPick(), "d", "d/huge")
}

// The tree's file list may be older than what the fast lane sent meanwhile, so
// its delete pass or its transfer may undo it.
func TestChangesDuringATreeJobAreSentAgain(t *testing.T) {
	d := newDesk(t)
	d.put(file, 10, "new")
	d.l.add(change.Change{Path: change.Root, Scope: change.Tree, Quick: true, Since: at(1)})
	full := d.mustPick()
	d.l.add(change.Change{Path: "new", Since: at(2)})
	live := d.mustPick()
	wantPaths(t, live, "new")
	d.done(live)
	if got := d.l.oldest(true); !got.Equal(at(1)) {
		t.Errorf("oldest is %v, want the tree's", got)
	}
	d.done(full)
	again := d.mustPick()
	wantPaths(t, again, "new")
	if got := d.l.oldest(true); !got.Equal(at(2)) {
		t.Errorf("oldest is %v, want that of the change that is sent again", got)
	}
	d.done(again)
	if j := d.pick(); j != nil {
		t.Errorf("sent a third time: %q", paths(j))
	}
}

func TestJobAlreadyInFlightWhenATreeStartsIsSentAgain(t *testing.T) {
	d := newDesk(t)
	d.put(file, 10, "a")
	d.l.add(change.Change{Path: "a"})
	live := d.mustPick()
	d.l.add(change.Change{Path: change.Root, Scope: change.Tree, Quick: true})
	full := d.mustPick()
	d.done(live)
	d.done(full)
	wantPaths(t, d.mustPick(), "a")
}

func TestRenameComesBeforeTheOldNameGoes(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "new")
	d.l.add(change.Change{Path: "old"})
	d.l.add(change.Change{Path: "new", Scope: change.Tree, Was: "old"})
	d.put(file, 10, "new/late")
	d.l.add(change.Change{Path: "new/late"})
	ren := d.mustPick()
	if ren.shape != rename || ren.items[0].Was != "old" {
		t.Fatalf("first job is %v of %q", ren.shape, paths(ren))
	}
	if j := d.pick(); j != nil {
		t.Fatalf("%q does not wait for the rename", paths(j))
	}
	d.l.settle(ren, outcome{folders: []string{"new"}}, d.now)
	late := d.mustPick()
	wantPaths(t, late, "new/late")
	d.done(late)
	wantPaths(t, d.mustPick(), "old")
}

func TestRenameOntoSomethingIsLookedAtCarefully(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "new")
	d.l.add(change.Change{Path: "new", Scope: change.Tree, Was: "old"})
	d.done(d.mustPick()) // "new" is not among the folders that were made
	j := d.mustPick()
	if j.shape != tree || j.trusted {
		t.Errorf("follow-up is %v, trusting the quick check: %t", j.shape, j.trusted)
	}
}

func TestWhatWasOwedFollowsARename(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "new")
	d.put(file, 10, "new/f")
	d.l.add(change.Change{Path: "old/f"})
	d.l.add(change.Change{Path: "new", Scope: change.Tree, Was: "old"})
	d.l.settle(d.mustPick(), outcome{folders: []string{"new"}}, d.now)
	next := d.mustPick()
	wantPaths(t, next, "new/f")
	d.done(next)
	wantPaths(t, d.mustPick(), "old/f")
}

// When it is the watch root that is being removed, its files go first.
func TestDeletionsWaitUntilNoMoreNamesGo(t *testing.T) {
	d := newDesk(t)
	begun := d.now
	for _, p := range []string{"a", "b", "c"} {
		d.l.add(change.Change{Path: p})
		if j := d.l.pick(d.now, d.ln); j == nil || len(d.l.refine(j, d.ln, true)) > 0 || len(j.items) > 0 {
			t.Fatal("it is deleted at once")
		}
		d.now = d.now.Add(doomQuiet / 2)
		if j := d.l.pick(d.now, d.ln); j != nil {
			t.Fatalf("%q does not wait", paths(j))
		}
	}
	wantPaths(t, d.mustPick(), "a", "b", "c")
	if waited := d.now.Sub(begun); waited != 2*doomQuiet {
		t.Errorf("waited for %s, want until %s after the last", waited, doomQuiet)
	}
}

func TestDeletionsThatNeverEndDoNotWaitForEver(t *testing.T) {
	d := newDesk(t)
	begun := d.now
	for i := range 1000 {
		d.l.add(change.Change{Path: fmt.Sprint("f", i)})
		j := d.l.pick(d.now, d.ln)
		if j != nil && j.ripe {
			if waited := d.now.Sub(begun); waited < doomAtMost || waited > doomAtMost+doomQuiet {
				t.Errorf("waited for %s, want %s", waited, doomAtMost)
			}
			return
		}
		d.l.refine(j, d.ln, true)
		d.now = d.now.Add(doomQuiet / 2)
	}
	t.Error("nothing was ever deleted")
}

func TestQuickCheckIsNeverTrustedForContents(t *testing.T) {
	d := newDesk(t)
	d.put(file, 1<<20, "edited", "touched")
	d.put(folder, 0, "d")
	d.l.add(change.Change{Path: "edited"})
	d.l.add(change.Change{Path: "touched", Quick: true})
	d.l.add(change.Change{Path: "d", Scope: change.Listing, Quick: true})
	first := d.mustPick()
	wantPaths(t, first, "edited")
	if first.trusted {
		t.Error("an edit relies on the quick check")
	}
	d.done(first)
	second := d.mustPick()
	wantPaths(t, second, "d", "touched")
	if !second.trusted {
		t.Error("an attribute change compares contents")
	}
}

func TestNewFoldersOfAListingAreFilled(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "d", "d/sub")
	d.l.add(change.Change{Path: "d", Scope: change.Listing, Quick: true})
	d.l.settle(d.mustPick(), outcome{folders: []string{"d/sub"}}, d.now)
	j := d.mustPick()
	wantPaths(t, j, "d/sub")
	if j.shape != tree {
		t.Errorf("job is %v, want a tree", j.shape)
	}
}

// Each job gives the folders it passes through the time it found, so of two at
// once the one that ends last may be the one that looked first.
func TestFoldersOfAnOvertakenJobGetTheirTimeBack(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "d")
	d.put(file, 10, "d/a", "d/b")
	d.l.add(change.Change{Path: "d/a"})
	slow := d.mustPick()
	d.l.add(change.Change{Path: "d/b"})
	d.now = d.l.wakeAt(d.now)
	d.done(d.mustPick())
	if j := d.pick(); j != nil {
		t.Fatalf("%q is sent although the slow job is not done", paths(j))
	}
	d.done(slow)
	wantPaths(t, d.mustPick(), "d")
}

// TestFoldersOfAnOvertakenJobAreNoFindings: those that were seen to be deleted
// meanwhile were held as if a walk had found them. It is another thing when the
// job looked at a root that was replaced since.
func TestFoldersOfAnOvertakenJobAreNoFindings(t *testing.T) {
	for _, replaced := range []bool{false, true} {
		d := newDesk(t)
		d.put(folder, 0, "d", "e")
		d.put(file, 10, "d/a", "e/b")
		d.l.add(change.Change{Path: "d/a"})
		slow := d.mustPick()
		d.l.add(change.Change{Path: "e/b"})
		d.now = d.l.wakeAt(d.now)
		d.done(d.mustPick())
		delete(d.disk, "d")
		slow.guarded = replaced
		d.done(slow)
		if !replaced {
			d.l.add(change.Change{Path: "d"})
		}
		j := d.mustPick()
		wantPaths(t, j, "d")
		if j.guarded != replaced {
			t.Errorf("guarded %v, root replaced %v", j.guarded, replaced)
		}
	}
}
