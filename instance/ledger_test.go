package instance

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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

func TestOneBadPathDoesNotHoldTheOthers(t *testing.T) {
	d := newDesk(t)
	d.put(file, 10, "good", "bad")
	d.l.add(change.Change{Path: "good", Since: at(1)})
	d.l.add(change.Change{Path: "bad", Since: at(1)})
	d.l.settle(d.mustPick(), outcome{failed: []failedPath{{path: "bad", reason: "Permission denied (13)"}}}, d.now)
	if !d.l.oldest(true).IsZero() {
		t.Error("the failing path holds the checkpoint back")
	}
	list := d.l.failing.list()
	if len(list) != 1 || list[0].Path != "bad" || list[0].reason != "Permission denied (13)" {
		t.Fatalf("fail list is %+v", list)
	}
	if due := d.l.failing.due(list[0].next.Add(-time.Millisecond)); due != nil {
		t.Error("tried again too early")
	}
	for _, c := range d.l.failing.due(list[0].next) {
		d.l.add(c)
	}
	d.done(d.mustPick())
	if len(d.l.failing.paths) != 0 {
		t.Error("a path that went through is still on the fail list")
	}
}

func TestUnnamedFailureIsFoundByHalving(t *testing.T) {
	d := newDesk(t)
	for i := range 16 {
		p := fmt.Sprint("f", i)
		d.put(file, 10, p)
		d.l.add(change.Change{Path: p})
	}
	for range 100 {
		j := d.pick()
		if j == nil {
			break
		}
		o := outcome{}
		if slices.Contains(paths(j), "f11") {
			o = outcome{verdict: unexplained, reason: "exit 23"}
		}
		d.l.settle(j, o, d.now)
		d.now = d.now.Add(fastOverlap)
	}
	if list := d.l.failing.list(); len(list) != 1 || list[0].Path != "f11" {
		t.Errorf("fail list is %+v, want f11 alone", list)
	}
	if n, _ := d.l.owedLen(); n != 0 {
		t.Errorf("%d are still owed", n)
	}
}

func TestHeldDeletionsGoWhenApproved(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "d")
	d.put(file, 10, "here")
	d.l.add(change.Change{Path: "here", Since: at(1)})
	d.l.add(change.Change{Path: "gone", Since: at(1)})
	wantPaths(t, d.mustPick(), "here")
	d.now = d.l.doomed.due().Add(fastOverlap)
	d.l.settle(d.mustPick(), outcome{verdict: withheld, deletions: 1}, d.now)
	if j := d.pick(); j != nil {
		t.Fatalf("%q was not held", paths(j))
	}
	if n := d.l.approve(); n != 1 {
		t.Errorf("approved %d deletions, want 1", n)
	}
	j := d.mustPick()
	wantPaths(t, j, "gone")
	if j.allowed != 1 {
		t.Errorf("%d deletions allowed, want 1", j.allowed)
	}
}

func TestHeldAndFailingSurviveARestart(t *testing.T) {
	d := newDesk(t)
	d.l.add(change.Change{Path: "gone", Since: at(1)})
	d.l.settle(d.mustPick(), outcome{verdict: withheld, deletions: 7}, d.now)
	d.l.failing.note(change.Change{Path: "bad\xff", Scope: change.Tree}, "why", d.now)
	l := newLedger(time.Minute, maxOwed)
	l.recall(d.l.persist())
	if l.held.total() != 7 || !l.held.holds("gone") {
		t.Errorf("held is %d", l.held.total())
	}
	if f := l.failing.paths["bad\xff"]; f == nil || f.Scope != change.Tree || f.reason != "why" {
		t.Errorf("failing is %+v", f)
	}
}

// The one promise everything rests on: a change is unsettled, on disk, or
// answered after it was added.
func TestNothingIsForgotten(t *testing.T) {
	names := []string{"a", "b", "a/x", "a/y", "b/z", "c", "b/z/q"}
	rapid.Check(t, func(rt *rapid.T) {
		d := newDesk(t)
		settled := make(map[string]int) // path -> step at which it was last answered
		added := make(map[string]int)
		var flying []*job
		for step := range rapid.IntRange(1, 60).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"add", "add", "pick", "land", "disk"}).Draw(rt, "op") {
			case "add":
				c := change.Change{
					Path:  rapid.SampledFrom(names).Draw(rt, "path"),
					Scope: rapid.SampledFrom([]change.Scope{change.Entry, change.Entry, change.Listing, change.Tree}).Draw(rt, "scope"),
					Quick: rapid.Bool().Draw(rt, "quick"), Since: at(step),
				}
				if c.Scope != change.Listing && rapid.Bool().Draw(rt, "renamed") {
					c.Was = rapid.SampledFrom(names).Filter(func(p string) bool {
						return !change.Within(p, c.Path) && !change.Within(c.Path, p)
					}).Draw(rt, "was")
				}
				d.l.add(c)
				added[c.Path] = step
			case "disk": // nothing changes without the kernel saying so
				p := rapid.SampledFrom(names).Draw(rt, "path")
				k := rapid.SampledFrom([]kind{gone, folder, file}).Draw(rt, "kind")
				d.put(k, rapid.SampledFrom([]int64{0, 1 << 20, 1 << 30}).Draw(rt, "size"), p)
				c := change.Change{Path: p, Since: at(step)}
				if k == folder {
					c.Scope = change.Tree
				}
				d.l.add(c)
				added[p] = step
			case "pick":
				if j := d.pick(); j != nil {
					flying = append(flying, j)
					for _, n := range names {
						if slices.ContainsFunc(j.items, func(it item) bool { return answers(it, n) }) {
							settled[n] = step
						}
					}
				}
			case "land":
				if len(flying) == 0 {
					continue
				}
				i := rapid.IntRange(0, len(flying)-1).Draw(rt, "which")
				j := flying[i]
				flying = slices.Delete(flying, i, i+1)
				v := rapid.SampledFrom([]verdict{answered, answered, undone, unexplained, withheld}).Draw(rt, "verdict")
				d.l.settle(j, outcome{verdict: v, deletions: 1}, d.now)
			}
			d.now = d.now.Add(time.Second)
		}
		for path, when := range added {
			if step, ok := settled[path]; ok && step >= when {
				continue
			}
			if !known(d, path) {
				rt.Fatalf("%s was added in step %d and is neither owed nor answered since", path, when)
			}
		}
	})
}

// answers reports whether sending it makes path alike.
func answers(it item, path string) bool {
	if it.Scope == change.Tree || it.seen.kind != folder {
		return change.Within(path, it.Path)
	}
	return it.Path == path || it.Scope == change.Listing && change.Parent(path) == it.Path
}

// known reports whether the ledger still has something that will look at path,
// be it by deleting or replacing a folder above it.
func known(d *desk, path string) bool {
	for c := range d.l.unsettled() {
		it := item{Change: c, seen: d.disk[c.Path]}
		if answers(it, path) {
			return true
		}
	}
	return d.l.held.holds(path) || d.l.failing.paths[path] != nil
}
