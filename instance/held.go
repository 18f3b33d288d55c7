package instance

import (
	"github.com/syncsvc/syncsvc/change"
)

// held is what waits for a person's approval because it would delete too much.
type held struct {
	set     *change.Set
	count   int  // deletions
	changed bool // since it was last saved
}

// hold keeps back the items of j that delete and returns a job with the rest,
// which has been sent. count is how many deletions there would be.
func (l *ledger) hold(j *job, count int) *job {
	sent := *j
	sent.items = nil
	for _, it := range j.items {
		if it.Scope == change.Entry && it.seen.kind != gone {
			sent.items = append(sent.items, it)
			continue
		}
		l.held.set.Add(it.Change)
	}
	l.held.count += count
	l.held.changed = true
	return &sent
}

// approve lets the held deletions go and returns how many those are: as many
// may be made, and not more.
func (l *ledger) approve() int {
	trees := l.held.set.Take(l.held.set.Len(), func(c change.Change) bool { return c.Scope == change.Tree })
	flats := l.held.set.Take(l.held.set.Len(), func(change.Change) bool { return true })
	for _, c := range trees {
		l.group(newJob(tree, bulk, []change.Change{c}))
	}
	if len(flats) > 0 {
		l.group(newJob(flat, fast, flats))
	}
	n := l.held.count
	l.held.count, l.held.changed = 0, true
	return n
}

func (l *ledger) group(j *job) {
	j.asIs = true
	j.allowed = l.held.count
	l.groups = append(l.groups, j)
}
