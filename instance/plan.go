package instance

import (
	"slices"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

const (
	// bigFile goes by the bulk lane, so that nothing small waits for it. With
	// a bandwidth limit, what takes more than a second is big.
	bigFile = 8 << 20
	// A bulk job takes several big files until they make bulkBytes.
	bulkBytes = 256 << 20
	// Below renameBytes a renamed file is sent again: looking for its old
	// contents on the target would cost more.
	renameBytes = 256 << 10
	// A second fast job starts only when the first has been running this
	// long: collecting is faster than running many at once, unless one takes
	// so long that the next change would wait for it.
	fastOverlap = time.Second
)

// lanes is how many rsync processes a target may run.
type lanes struct {
	slots   int   // all together
	bigFile int64 // size from which a file goes by the bulk lane
	noWhole bool  // the comparison of the whole tree has to wait for its turn
}

func newLanes(slots int, bwlimit int64) lanes {
	l := lanes{slots: max(1, slots), bigFile: bigFile}
	if bwlimit > 0 {
		l.bigFile = min(l.bigFile, max(bwlimit, renameBytes))
	}
	return l
}

// bulk leaves one slot to the fast lane, unless there is only one.
func (l lanes) bulk() int { return max(1, l.slots-1) }

// pick takes the next job out of the ledger and puts it in the air; nil when
// there is nothing to do now. The caller looks at its paths on disk and then
// calls [ledger.refine].
func (l *ledger) pick(now time.Time, ln lanes) *job {
	if len(l.flying) >= ln.slots {
		return nil
	}
	block := l.blocks()
	for _, next := range []func() *job{
		func() *job { return l.pickGroup(block) },
		func() *job { return l.pickRename(now, ln, block) },
		func() *job { return l.pickDoomed(now, block) },
		func() *job { return l.pickFlat(now, block) },
		func() *job { return l.pickBulk(ln, block) },
	} {
		if j := next(); j != nil {
			l.start(j, now)
			return j
		}
	}
	return nil
}

// wakeAt returns when pick may have something to do although nothing lands and
// nothing is added: the zero time when it won't.
func (l *ledger) wakeAt(now time.Time) time.Time {
	wake := l.doomed.due()
	sooner := func(at time.Time) {
		if at.After(now) && (!wake.After(now) || at.Before(wake)) {
			wake = at
		}
	}
	if n, newest := l.running(fast); n > 0 && (l.owed.Len() > 0 || l.doomed.set.Len() > 0) {
		sooner(newest.started.Add(fastOverlap))
	}
	for _, until := range l.early {
		sooner(until)
	}
	return wake
}

// blocked says which paths must wait because something that touches them is in
// the air, or because a rename still needs the target to have them as they are.
type blocked struct {
	busy    *change.Set
	renames *change.Set
}

func (l *ledger) blocks() blocked {
	b := blocked{busy: l.busy, renames: change.NewSet(0)}
	for c := range l.renames.All() {
		b.addRename(c)
	}
	for _, j := range l.flying {
		if j.shape == rename {
			b.addRename(j.items[0].Change)
		}
	}
	return b
}

func (b blocked) addRename(c change.Change) {
	b.renames.Add(change.Change{Path: c.Was})
	b.renames.Add(change.Change{Path: c.Path})
}

// entry reports whether c must wait. What lies beneath c does not count: that
// matters only when c turns out to be gone; see refine.
func (b blocked) entry(c change.Change) bool {
	return touches(b.busy, c.Path) || touches(b.renames, c.Path)
}

// listing also looks at c's own entries: its delete pass would remove what a
// job in the air is about to put there.
func (b blocked) listing(c change.Change) bool {
	return b.entry(c) || b.busy.HoldsBelow(c.Path) || b.renames.HoldsBelow(c.Path)
}

func touches(s *change.Set, path string) bool {
	return s.Holds(path) || s.HoldsAbove(path)
}

func (l *ledger) pickGroup(block blocked) *job {
	for i, j := range l.groups {
		if slices.ContainsFunc(j.items, func(it item) bool { return block.listing(it.Change) }) {
			continue
		}
		l.groups = slices.Delete(l.groups, i, i+1)
		return j
	}
	return nil
}

func (l *ledger) pickRename(now time.Time, ln lanes, block blocked) *job {
	if n, _ := l.running(bulk); n >= ln.bulk() {
		return nil
	}
	free := func(path string) bool { return !touches(block.busy, path) && !block.busy.HoldsBelow(path) }
	cs := l.renames.Take(1, func(c change.Change) bool {
		return !now.Before(l.early[c.Path]) && !l.renames.HoldsAbove(c.Path) && free(c.Path) && free(c.Was)
	})
	if len(cs) == 0 {
		return nil
	}
	j := newJob(rename, bulk, cs)
	j.unpaved = l.unpaved(cs[0].Path)
	return j
}

// crowded reports whether a fast job runs that is too young to be overtaken.
func (l *ledger) crowded(now time.Time) bool {
	n, newest := l.running(fast)
	return n > 0 && now.Sub(newest.started) < fastOverlap
}

func (l *ledger) pickFlat(now time.Time, block blocked) *job {
	if l.crowded(now) {
		return nil
	}
	walking := l.awaitsWalk()
	cs := l.owed.Take(maxJob, func(c change.Change) bool {
		if walking && c.Swept {
			return false
		}
		if c.Scope == change.Listing {
			return !block.listing(c)
		}
		return !block.entry(c)
	})
	if len(cs) == 0 {
		return nil
	}
	return newJob(flat, fast, cs)
}

// awaitsWalk reports whether what a walk finds must wait for its end: the
// deletions in it are to be counted together, and a walk is short. They do not
// wait when so much is owed that the walk itself may have to wait.
func (l *ledger) awaitsWalk() bool { return len(l.walking) > 0 && l.owed.Len() < l.limit/4 }

// pickBulk takes either big files or trees, whatever came first.
func (l *ledger) pickBulk(ln lanes, block blocked) *job {
	if n, _ := l.running(bulk); n >= ln.bulk() {
		return nil
	}
	var first *change.Change
	walking := l.awaitsWalk()
	cs := l.bulk.Take(maxJob, func(c change.Change) bool {
		if walking && c.Swept && c.Path != change.Root {
			return false
		}
		if ln.noWhole && c.Path == change.Root && c.Scope == change.Tree {
			return false
		}
		if l.bulkBlocked(c, block) || (first != nil && !alike(*first, c)) {
			return false
		}
		if first == nil {
			first = &c
		}
		return true
	})
	if len(cs) == 0 {
		return nil
	}
	if first.Scope == change.Tree {
		return newJob(tree, bulk, cs)
	}
	return newJob(flat, bulk, cs)
}

// alike reports whether two bulk changes may share a job. The comparison of
// the whole tree is always alone.
func alike(a, b change.Change) bool {
	return a.Scope == b.Scope && a.Quick == b.Quick && a.Swept == b.Swept &&
		a.Path != change.Root && b.Path != change.Root
}

// bulkBlocked lets a tree start beneath one that is running, which takes note
// of it, but not around one.
func (l *ledger) bulkBlocked(c change.Change, block blocked) bool {
	if c.Scope != change.Tree {
		return block.entry(c)
	}
	if touches(block.renames, c.Path) || block.renames.HoldsBelow(c.Path) {
		return true
	}
	for _, j := range l.flying {
		if j.shape != tree {
			continue
		}
		if slices.ContainsFunc(j.items, func(it item) bool { return change.Within(it.Path, c.Path) }) {
			return true
		}
	}
	return false
}
