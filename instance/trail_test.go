package instance

import (
	"fmt"
	"testing"

	"github.com/syncsvc/syncsvc/change"
)

// owes reports whether a path is owed by itself and the quick check not trusted.
func (d *desk) owes(path string) bool {
	for c := range d.l.owed.Under(path) {
		if c.Path == path && !c.Quick {
			return true
		}
	}
	return false
}

// TestRenameHeardOfLate: a job that found the new folder under the old name has
// sent what is in that. The rename would take it for what the old one had, when
// size and second are the same.
func TestRenameHeardOfLate(t *testing.T) {
	for landed, want := range map[int]bool{100: false, 102: true} {
		d := newDesk(t)
		d.now = at(landed)
		d.put(folder, 0, "new")
		d.put(file, 10, "old/f")
		d.l.add(change.Change{Path: "old/f", Quick: true, Since: at(90)})
		d.done(d.mustPick())
		d.now = at(103)
		d.l.add(change.Change{Path: "new", Scope: change.Tree, Was: "old", Since: at(101)})
		if got := d.owes("new/f"); got != want {
			t.Errorf("a job that landed %d s after the rename: the file is owed %t, want %t", landed-101, got, want)
		}
	}
}

func TestRenameWhileAJobIsInTheOldFolder(t *testing.T) {
	d := newDesk(t)
	d.put(file, 10, "old/f")
	d.put(folder, 0, "new")
	d.l.add(change.Change{Path: "old/f", Quick: true, Since: at(90)})
	j := d.mustPick()
	d.l.add(change.Change{Path: "new", Scope: change.Tree, Was: "old", Since: at(101)})
	if !d.owes("new/f") {
		t.Error("the quick check is trusted")
	}
	if j := d.pick(); j != nil {
		t.Errorf("a job of %q meanwhile", paths(j))
	}
	d.done(j)
	if j = d.mustPick(); j.shape != rename {
		t.Errorf("a %v job", j.shape)
	}
}

// TestRenameBeneathARunningComparison: it goes on after the rename and may fill
// a new folder under the old name before that is sent.
func TestRenameBeneathARunningComparison(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "new")
	d.l.add(compareAll(change.Root))
	j := d.mustPick()
	d.l.add(change.Change{Path: "new", Scope: change.Tree, Was: "old", Since: at(101)})
	d.done(j)
	if j = d.mustPick(); j.shape != rename {
		t.Fatalf("a %v job", j.shape)
	}
	d.l.settle(j, outcome{folders: []string{"new"}}, d.now)
	for _, want := range []bool{true, false} {
		j = d.pick()
		if got := j != nil && j.shape == tree && j.items[0].Path == "new" && !j.trusted; got != want {
			t.Errorf("it is sent without a quick check: %t, want %t", got, want)
		}
		if j != nil {
			d.done(j)
		}
	}
}

// TestRenameOfWhatIsBeingRenamed: that job works in the folder it has opened,
// so a chain of renames stays cheap.
func TestRenameOfWhatIsBeingRenamed(t *testing.T) {
	for since, want := range map[int]bool{100: true, 102: false} {
		d := newDesk(t)
		d.now = at(101)
		d.put(folder, 0, "b", "c")
		d.l.add(change.Change{Path: "b", Scope: change.Tree, Was: "a", Since: at(90)})
		d.mustPick()
		d.l.add(change.Change{Path: "c", Scope: change.Tree, Was: "b", Since: at(since)})
		if got := d.l.bulk.Holds("c"); got != want {
			t.Errorf("a job that began %d s after: the folder is owed %t, want %t", 101-since, got, want)
		}
	}
}

func TestTrailIsBounded(t *testing.T) {
	d := newDesk(t)
	for i := range 5 {
		j := newJob(flat, fast, nil)
		for k := range maxJob {
			j.items = append(j.items, item{Change: change.Change{Path: fmt.Sprint(i, k)}})
		}
		d.l.trail.add(j, at(i))
	}
	if n := d.l.trail.paths; n > maxTrail {
		t.Errorf("%d paths are remembered", n)
	}
	if _, all := d.l.trail.from(at(1)); all {
		t.Error("it claims to know what it has forgotten")
	}
	if steps, all := d.l.trail.from(at(3)); len(steps) != 2 || !all {
		t.Errorf("%d jobs since a moment that is remembered, all of them %t", len(steps), all)
	}
}
