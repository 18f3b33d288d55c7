package instance

import (
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// TestChainOfRenamesKeepsItsOrigin: the second half of a chain may be told when
// the first is already about to be sent.
func TestChainOfRenamesKeepsItsOrigin(t *testing.T) {
	for name, fail := range map[string]bool{"gone at the look": false, "gone at the start": true} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.l.add(change.Change{Path: "b", Was: "a", Scope: change.Tree, Since: d.now})
			d.l.add(change.Change{Path: "a", Scope: change.Tree, Quick: true, Since: d.now})
			if fail {
				d.put(folder, 0, "b")
				d.l.settle(d.mustPick(), outcome{verdict: mistaken}, d.now)
				delete(d.disk, "b")
			}
			if j := d.pick(); j != nil {
				t.Fatalf("sends %v although b may have been renamed again", paths(j))
			}
			if wake := d.l.wakeAt(d.now); !wake.After(d.now) || wake.Sub(d.now) > time.Second {
				t.Errorf("wakes up after %s", wake.Sub(d.now))
			}
			d.put(folder, 0, "c")
			d.l.add(change.Change{Path: "c", Was: "b", Scope: change.Tree, Since: d.now})
			d.l.add(change.Change{Path: "b", Scope: change.Tree, Quick: true, Since: d.now})
			if j := d.mustPick(); j.shape != rename || j.items[0].Was != "a" {
				t.Errorf("sends %v as %s, it was %q", paths(j), j.shape, j.items[0].Was)
			}
		})
	}
}

func TestOriginIsPassedOnWhenARenameFails(t *testing.T) {
	for _, v := range []verdict{undone, mistaken} {
		d := newDesk(t)
		d.put(folder, 0, "b")
		d.l.add(change.Change{Path: "b", Was: "a", Scope: change.Tree, Since: d.now})
		j := d.mustPick()
		delete(d.disk, "b")
		d.put(folder, 0, "c")
		d.l.add(change.Change{Path: "c", Was: "b", Scope: change.Tree, Since: d.now})
		d.l.settle(j, outcome{verdict: v}, d.now)
		if j := d.mustPick(); j.shape != rename || j.items[0].Path != "c" || j.items[0].Was != "a" {
			t.Errorf("sends %v as %s, it was %q", paths(j), j.shape, j.items[0].Was)
		}
	}
}

// TestChainIsToldInPieces: the watcher puts together what it reads at once.
func TestChainIsToldInPieces(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "d")
	d.l.add(change.Change{Path: "b", Was: "a", Scope: change.Tree, Since: d.now})
	d.l.add(change.Change{Path: "c", Was: "b", Scope: change.Tree, Since: d.now})
	d.l.add(change.Change{Path: "d", Was: "b", Scope: change.Tree, Since: d.now})
	if j := d.mustPick(); j.shape != rename || j.items[0].Path != "d" || j.items[0].Was != "a" {
		t.Errorf("sends %v as %s, it was %q", paths(j), j.shape, j.items[0].Was)
	}
}

func TestNameThatTwoHadIsSentAsNew(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "c")
	d.l.add(change.Change{Path: "c", Was: "a", Scope: change.Tree, Since: d.now})
	d.l.add(change.Change{Path: "c", Was: "b", Scope: change.Tree, Since: d.now})
	if j := d.mustPick(); j.shape != tree || j.trusted {
		t.Errorf("sends %v as %s", paths(j), j.shape)
	}
}

func TestRenamedNameThatIsGoneForGoodIsDeleted(t *testing.T) {
	d := newDesk(t)
	d.l.add(change.Change{Path: "b", Was: "a", Since: d.now})
	if j := d.pick(); j != nil {
		t.Fatalf("sends %v at once", paths(j))
	}
	d.now = d.now.Add(time.Second)
	wantPaths(t, d.mustPick(), "b")
	if len(d.l.early) != 0 {
		t.Errorf("still waits for %v", d.l.early)
	}
}

// TestCollapsedBulkIsScanned: what the set of trees and big files collapses
// into is not sent as if it were one of them.
func TestCollapsedBulkIsScanned(t *testing.T) {
	d := newDesk(t)
	d.l.bulk = change.NewSet(4)
	for _, p := range []string{"d/1", "d/2", "d/3", "d/4"} {
		d.l.addBulk(change.Change{Path: p, Since: d.now})
	}
	d.l.addBulk(change.Change{Path: "d/t", Scope: change.Tree, Since: d.now})
	for c := range d.l.bulk.All() {
		if c.Scope != change.Tree {
			t.Errorf("%s %s is in the bulk set", c.Scope, c.Path)
		}
	}
	if !d.l.scans.Holds("d") {
		t.Error("nothing will be scanned")
	}
}

func TestVanishedFailureIsForgottenWithoutDeletions(t *testing.T) {
	d := newDesk(t)
	c := change.Change{Path: "f", Since: d.now}
	d.l.failing.note(c, "Permission denied", d.now)
	d.l.add(c)
	j := d.l.pick(d.now, d.ln)
	d.l.refine(j, d.ln, false)
	if n := len(d.l.failing.paths); n != 0 {
		t.Errorf("%d paths on the fail list", n)
	}
}
