package instance

import (
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// Deletions wait until no name has gone for doomQuiet, and no longer than
// doomAtMost: when it is the watch root itself that is being removed, its files
// go first, and only then does it turn out that nothing of it must be deleted
// on any target. It also makes one job of an rm -rf.
const (
	doomQuiet  = 100 * time.Millisecond
	doomAtMost = 2 * time.Second
)

// doomed are names that are gone and will be deleted on the target in a moment.
type doomed struct {
	set         *change.Set
	many        int       // so many do not wait, lest they collapse into a scan
	first, last time.Time // when one was added
}

func newDoomed(limit int) doomed {
	return doomed{set: change.NewSet(0), many: limit / 2}
}

func (d *doomed) add(c change.Change, now time.Time) {
	if d.set.Len() == 0 {
		d.first = now
	}
	d.last = now
	d.set.Add(c)
}

// due is when they may go; the zero time when there are none.
func (d *doomed) due() time.Time {
	switch {
	case d.set.Len() == 0:
		return time.Time{}
	case d.set.Len() >= d.many:
		return d.first
	}
	return earlier(d.last.Add(doomQuiet), d.first.Add(doomAtMost))
}

// pickDoomed takes the names that have waited long enough.
func (l *ledger) pickDoomed(now time.Time, block blocked) *job {
	due := l.doomed.due()
	if due.IsZero() || now.Before(due) || l.crowded(now) {
		return nil
	}
	cs := l.doomed.set.Take(maxJob, func(c change.Change) bool { return !block.entry(c) })
	if len(cs) == 0 {
		return nil
	}
	j := newJob(flat, fast, cs)
	j.ripe = true
	return j
}
