package instance

import (
	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/checkpoint"
)

// persist returns what must outlive the process: failing paths, and held
// deletions as failures that wait for a person.
func (l *ledger) persist() []checkpoint.Failure {
	l.failing.changed, l.held.changed = false, false
	var out []checkpoint.Failure
	for _, f := range l.failing.list() {
		out = append(out, checkpoint.Failure{
			Path: f.Path, Scope: uint8(f.Scope), Reason: f.reason,
			First: f.first, Last: f.last, Next: f.next, Attempts: f.attempts,
		})
	}
	wait := func(c change.Change, count int) {
		out = append(out, checkpoint.Failure{Path: c.Path, Scope: uint8(c.Scope), Held: count, First: c.Since})
	}
	for _, b := range l.held.batches {
		for c := range b.set.All() {
			wait(c, b.count)
		}
	}
	for j := range l.approved { // a person has to be asked again after a crash
		for _, it := range j.items {
			wait(it.Change, j.allowed)
		}
	}
	return out
}

func (l *ledger) changed() bool { return l.failing.changed || l.held.changed }

// recall puts back what persist returned.
//
// Held deletions of two jobs with the same count become one batch of that
// count: too few rather than too many are then approved at once.
func (l *ledger) recall(list []checkpoint.Failure) {
	batches := make(map[int][]change.Change)
	for _, f := range list {
		c := change.Change{Path: f.Path, Scope: change.Scope(f.Scope), Since: f.First}
		if f.Held > 0 {
			batches[f.Held] = append(batches[f.Held], waiting(c))
			continue
		}
		l.failing.paths[f.Path] = &failure{
			Change: c, reason: f.Reason, attempts: f.Attempts, first: f.First, last: f.Last, next: f.Next,
		}
	}
	for count, changes := range batches {
		b := &batch{set: change.NewSet(0), count: count}
		for _, c := range changes {
			b.set.Add(c)
		}
		l.held.batches = append(l.held.batches, b)
	}
}
