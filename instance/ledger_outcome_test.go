package instance

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/syncsvc/syncsvc/change"
)

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
