package instance

import (
	"slices"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

const (
	// maxOwed bounds what is remembered for one target, about 15 MB. Beyond,
	// it collapses into a scan since the oldest.
	maxOwed = 100_000
	// maxJob bounds one rsync: 10,000 names take it half a second to a second
	// (measured), which bounds how long the next change waits.
	maxJob = 10_000
)

// ledger is what one target still needs: owed, in flight, failing, held back. A
// change is in one of these from the moment it is added until it is settled; so
// the oldest of the first two is the moment up to which the target has
// everything but what the other two, which are kept on disk, name.
//
// It does no I/O and knows no clock. It is not safe for concurrent use.
type ledger struct {
	limit   int                        // of owed, and of bulk
	owed    *change.Set                // entries and listings
	doomed  doomed                     // deletions that wait a moment
	scans   *change.Set                // parts that must be walked to learn what is owed
	bulk    *change.Set                // trees and big files
	renames *change.Set                // changes with an old name
	early   map[string]time.Time       // renamed names that are gone: not to be believed before
	groups  []*job                     // jobs that must run as they are: halves of a failed one, approved deletions
	flying  []*job                     // in order of their start
	busy    *change.Set                // paths of flying jobs that are not trees
	walking map[*request]change.Change // scans that are being walked or about to be

	// narrowed are paths owed with what is in them that were no folders when
	// they were looked at. Should one be a folder again before the target has
	// that, what the target has in the old one must still go.
	narrowed *change.Set

	trail   trail
	held    held
	made    time.Time // when approved deletions were last made
	failing failing
}

// newLedger returns an empty ledger that remembers limit changes one by one; a
// failing path is tried again at least every retryEvery.
func newLedger(retryEvery time.Duration, limit int) *ledger {
	return &ledger{
		limit:   limit,
		failing: newFailing(retryEvery),
		owed:    change.NewSet(limit),
		doomed:  newDoomed(limit),
		scans:   change.NewSet(0),
		bulk:    change.NewSet(limit),
		renames: change.NewSet(0),
		early:   make(map[string]time.Time),
		busy:    change.NewSet(0),
		walking: make(map[*request]change.Change),

		narrowed: change.NewSet(0),
	}
}

// add makes c owed.
func (l *ledger) add(c change.Change) {
	switch {
	case c.Was != "" && l.renames.Len() < maxRenames:
		l.addRename(c)
	case c.Scope == change.Tree:
		c.Was = ""
		l.addBulk(c)
	case c.Scope == change.Scan:
		l.scans.Add(c)
	default:
		c.Was = ""
		l.owed.Add(c)
		if l.owed.Len() == 1 {
			l.sortOut(l.owed)
		}
	}
}

// maxRenames bounds the renames that are remembered as such; more of them are
// sent as what they are: something new and something gone.
const maxRenames = 1000

// addRename owes a rename by the name that the target knows: what is renamed
// twice before it is sent has one origin.
func (l *ledger) addRename(c change.Change) {
	l.follow(c.Was, c.Path, c.Since)
	if first, ok := l.renameTo(c.Was); ok {
		c.Was = first.Was // which goes on waiting until its name is looked at
	}
	former, ok := l.renameTo(c.Path)
	if c.Was == c.Path || ok && former.Was != c.Was {
		// It is back where it was, or two have swapped places, or two had this
		// name: the target has nothing that could be relied on.
		l.renames.Remove(c.Path)
		delete(l.early, c.Path)
		c.Was = ""
		l.add(c)
		return
	}
	l.mistrust(c)
	l.renames.Add(c)
}

// renameTo returns the rename that is owed under its new name.
func (l *ledger) renameTo(path string) (change.Change, bool) {
	for c := range l.renames.Under(path) {
		if c.Path == path {
			return c, true
		}
	}
	return change.Change{}, false
}

// addBulk owes a tree or a big file.
func (l *ledger) addBulk(c change.Change) {
	before := l.bulk.Len()
	l.bulk.Add(c)
	if l.bulk.Len() < before {
		l.sortOut(l.bulk)
	}
}

// sortOut moves what a set collapsed into to where it belongs.
func (l *ledger) sortOut(s *change.Set) {
	for _, c := range s.Take(1, func(c change.Change) bool { return c.Scope == change.Scan }) {
		if s == l.owed {
			l.narrowed = change.NewSet(0) // the scan finds what became of them
		}
		if !c.Since.IsZero() { // else there were only trees, which are one now
			l.scans.Add(c)
		}
	}
}

// start records that j is running from now on.
func (l *ledger) start(j *job, now time.Time) {
	j.started = now
	l.spare(j)
	for _, other := range l.flying {
		l.overlap(other, j)
		l.overlap(j, other)
		other.overtaken = other.overtaken || j.again == nil
	}
	l.flying = append(l.flying, j)
	if j.shape != tree {
		for _, it := range j.items {
			l.busy.Add(it.Change)
		}
	}
}

// overlap notes what j does beneath a running tree.
func (l *ledger) overlap(walker, j *job) {
	if walker.again == nil {
		return
	}
	for _, it := range j.items {
		if it.Path != walker.items[0].Path && walker.under(it.Path) {
			c := it.Change
			c.Was = ""
			walker.again.Add(c)
		}
	}
}

// land takes j out of the air; its changes are then nowhere, and the caller
// adds again what is not settled.
func (l *ledger) land(j *job) {
	for i, other := range l.flying {
		if other == j {
			l.flying = append(l.flying[:i], l.flying[i+1:]...)
			break
		}
	}
	if j.shape != tree {
		for _, it := range j.items {
			l.busy.Remove(it.Path)
		}
	}
	if j.again != nil {
		for c := range j.again.All() {
			l.add(c)
		}
	}
}

// running returns how many jobs of a lane are in the air, and the newest.
func (l *ledger) running(ln lane) (n int, newest *job) {
	for _, j := range l.flying {
		if j.lane == ln {
			n++
			newest = j
		}
	}
	return n, newest
}

// oldest returns the earliest Since of anything not settled; the zero time
// when there is nothing. Comparisons of what is there already can be left out.
func (l *ledger) oldest(comparisons bool) time.Time {
	var t time.Time
	note := func(c change.Change) {
		if !comparisons && c.Spare {
			return
		}
		if t.IsZero() || c.Since.Before(t) {
			t = c.Since
		}
	}
	for c := range l.unsettled() {
		note(c)
	}
	return t
}

// unsettled yields every change that is neither settled nor kept on disk, as
// the fail list and held deletions are.
func (l *ledger) unsettled() func(yield func(change.Change) bool) {
	return func(yield func(change.Change) bool) {
		for _, s := range l.sets() {
			for c := range s.All() {
				if !yield(c) {
					return
				}
			}
		}
		for _, c := range l.walking {
			if !yield(c) {
				return
			}
		}
		for _, j := range append(l.groups[:len(l.groups):len(l.groups)], l.flying...) {
			for _, it := range j.items {
				if !yield(it.Change) {
					return
				}
			}
			if j.again == nil {
				continue
			}
			for c := range j.again.All() {
				if !yield(c) {
					return
				}
			}
		}
	}
}

// sets are all that is owed and not in the air.
func (l *ledger) sets() []*change.Set {
	return []*change.Set{l.owed, l.doomed.set, l.scans, l.bulk, l.renames}
}

// work reports whether there is anything to send.
func (l *ledger) work() bool {
	return len(l.groups) > 0 || l.owed.Len() > 0 || l.doomed.set.Len() > 0 || l.bulk.Len() > 0 || l.renames.Len() > 0
}

// owedLen counts the paths and folders that are not there yet, and those in
// flight among them.
func (l *ledger) owedLen() (all, flying int) {
	for _, j := range l.flying {
		flying += len(j.items)
	}
	for _, j := range l.groups {
		all += len(j.items)
	}
	for _, s := range l.sets() {
		all += s.Len()
	}
	return all + flying + len(l.walking), flying
}

// wholeFlies reports whether the whole tree is being compared.
func (l *ledger) wholeFlies() bool {
	return slices.ContainsFunc(l.flying, (*job).whole)
}
