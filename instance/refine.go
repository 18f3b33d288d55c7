package instance

import (
	"fmt"
	"path"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// refine fits a picked job to what is on disk, as noted in its items. What
// belongs into another job goes back to the ledger. It returns the paths whose
// jobs in the air send what is no longer there and should be ended; a job with
// no items left needs no rsync and is out of the air already.
func (l *ledger) refine(j *job, ln lanes, deletes bool) (stale []string) {
	switch j.shape {
	case tree:
		l.refineTree(j)
	case rename:
		l.refineRename(j, deletes)
	default:
		stale = l.refineFlat(j, ln, deletes)
	}
	if len(j.items) == 0 {
		l.land(j)
	}
	return stale
}

// refineTree leaves folders in the job; anything else is an entry.
func (l *ledger) refineTree(j *job) {
	j.keep(func(it item) bool {
		if it.seen.kind == folder || it.Path == change.Root {
			return true
		}
		if j.allowed > 0 {
			l.allow(newJob(flat, fast, []change.Change{l.narrow(it.Change)}), j.allowed)
			return false
		}
		l.add(l.narrow(it.Change))
		return false
	})
}

// refineRename leaves the job only when looking for the old contents on the
// target pays.
func (l *ledger) refineRename(j *job, deletes bool) {
	it := j.items[0]
	if deletes && worthLinking(it) {
		return
	}
	c := it.Change
	if it.seen.kind == gone && l.await(c, j.started) {
		l.busy.Remove(c.Path)
		j.items = nil
		return
	}
	c.Was = ""
	if it.seen.kind != folder {
		c = l.narrow(c)
	}
	l.busy.Remove(c.Path)
	j.items = nil
	l.add(c)
}

// passOn gives the origin of c, a rename that did not get there, to the one
// that took its new name away meanwhile. It reports false when there is none.
func (l *ledger) passOn(c *change.Change) bool {
	next := l.renames.Take(maxRenames, func(r change.Change) bool { return r.Was == c.Path && !r.Since.Before(c.Since) })
	for _, r := range next {
		r.Was, c.Was = c.Was, ""
		l.addRename(r)
	}
	return len(next) > 0
}

// await keeps a rename whose new name is not there for a moment longer. It
// reports false when that has passed.
func (l *ledger) await(c change.Change, now time.Time) bool {
	until := c.Since.Add(renamePatience)
	if !now.Before(until) {
		delete(l.early, c.Path)
		return false
	}
	l.renames.Add(c)
	l.early[c.Path] = until
	return true
}

// renamePatience is how long a renamed name that is gone is waited for: it may
// have been renamed again, which will be told in a moment. Without that, nobody
// would know what the target has of it.
const renamePatience = 300 * time.Millisecond

// worthLinking: without deletions the old name would stay and share its
// contents with the new one, so the caller asks only with them.
func worthLinking(it item) bool {
	if it.Scope == change.Tree {
		return it.seen.kind == folder && it.Path != change.Root
	}
	return it.seen.kind == file && it.seen.size >= renameBytes &&
		(change.Parent(it.Path) == change.Parent(it.Was) || path.Base(it.Path) == path.Base(it.Was))
}

func (l *ledger) refineFlat(j *job, ln lanes, deletes bool) (stale []string) {
	busyElsewhere := l.busyBut(j)
	for i, it := range j.items {
		if it.seen.kind != folder && it.Path != change.Root {
			j.items[i].Change = l.narrow(it.Change)
		}
	}
	j.keep(func(it item) bool {
		switch {
		case it.seen.unmounted:
			l.busy.Remove(it.Path)
			l.failing.note(it.Change, "it was on a file system that is not mounted any more", j.started)
			return false
		case len(it.Path) > maxPath:
			l.busy.Remove(it.Path)
			l.tooLong(it, j.started)
			return false
		case it.seen.kind == folder && l.narrowed.Holds(it.Path):
			l.busy.Remove(it.Path)
			l.widen(it)
			return false
		case it.seen.kind == gone && !deletes:
			l.busy.Remove(it.Path)
			l.failing.clear(it.widened()) // it stays on the target
			return false
		case it.seen.inWay != "":
			l.busy.Remove(it.Path)
			l.replaced(it)
			return false
		case it.seen.kind != folder && it.Path != change.Root && busyElsewhere.HoldsBelow(it.Path):
			stale = append(stale, it.Path)
			l.putBack(it)
			return false
		case it.seen.kind == gone && !j.ripe && !j.asIs && !it.Swept:
			l.busy.Remove(it.Path)
			l.doomed.add(it.Change, j.started)
			return false
		case it.seen.kind == file && it.seen.size >= ln.bigFile && j.lane == fast:
			l.busy.Remove(it.Path)
			l.addBulk(it.Change)
			return false
		}
		return true
	})
	if j.lane == bulk {
		l.fill(j)
	}
	if !j.asIs {
		l.separate(j)
	}
	return stale
}

// tooLong puts it on the fail list, for as long as it is there.
func (l *ledger) tooLong(it item, now time.Time) {
	if it.seen.kind == gone {
		l.failing.clear(it.widened())
		return
	}
	l.failing.note(it.Change, fmt.Sprintf("the path has more than the %d bytes that rsync takes", maxPath), now)
}

// replaced owes what is in the way of it now: when the target has that, it has
// nothing beneath. rsync would not take a path through it for missing.
func (l *ledger) replaced(it item) {
	l.failing.clear(it.widened())
	c := entryOf(it.Change)
	c.Path, c.Quick = it.seen.inWay, false
	l.add(c)
}

func (l *ledger) putBack(it item) {
	l.busy.Remove(it.Path)
	l.add(it.Change)
}

// busyBut returns the busy paths of the other jobs.
func (l *ledger) busyBut(j *job) *change.Set {
	s := change.NewSet(0)
	for _, other := range l.flying {
		if other == j || other.shape == tree {
			continue
		}
		for _, it := range other.items {
			s.Add(it.Change)
		}
	}
	return s
}

// fill keeps as many big files as one job should take.
func (l *ledger) fill(j *job) {
	var bytes int64
	j.keep(func(it item) bool {
		if bytes >= bulkBytes {
			l.busy.Remove(it.Path)
			l.addBulk(it.Change)
			return false
		}
		bytes += it.seen.size
		return true
	})
}

// separate keeps apart what must not trust the quick check and what must not
// do without it, because rsync takes it or leaves it for a whole run. The kind
// that arrived first stays.
func (l *ledger) separate(j *job) {
	first := -1
	for i, it := range j.items {
		if it.careful() || it.relaxed() {
			first = i
			break
		}
	}
	if first < 0 {
		return
	}
	careful := j.items[first].careful()
	j.keep(func(it item) bool {
		if (careful && it.relaxed()) || (!careful && it.careful()) {
			l.putBack(it)
			return false
		}
		return true
	})
	j.trusted = !careful
}

// narrow returns c as the single name it turned out to be, and remembers that it
// was more.
func (l *ledger) narrow(c change.Change) change.Change {
	if c.Scope != change.Entry {
		l.narrowed.Add(change.Change{Path: c.Path})
	}
	return entryOf(c)
}

// widen owes all of a folder that was none when it was owed with what is in it.
func (l *ledger) widen(it item) {
	l.narrowed.Remove(it.Path)
	c := it.Change
	c.Scope = change.Tree
	l.add(c)
}

// entryOf returns c as the single name it turned out to be.
func entryOf(c change.Change) change.Change {
	c.Scope, c.Was = change.Entry, ""
	return c
}
