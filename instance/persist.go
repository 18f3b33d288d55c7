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
	for c := range l.held.set.All() {
		out = append(out, checkpoint.Failure{
			Path: c.Path, Scope: uint8(c.Scope), Held: l.held.count, First: c.Since,
		})
	}
	return out
}

func (l *ledger) changed() bool { return l.failing.changed || l.held.changed }

// recall puts back what persist returned.
func (l *ledger) recall(list []checkpoint.Failure) {
	for _, f := range list {
		c := change.Change{Path: f.Path, Scope: change.Scope(f.Scope), Since: f.First}
		if f.Held > 0 {
			c.Quick, c.Swept = true, true
			l.held.set.Add(c)
			l.held.count = f.Held
			continue
		}
		l.failing.paths[f.Path] = &failure{
			Change: c, reason: f.Reason, attempts: f.Attempts, first: f.First, last: f.Last, next: f.Next,
		}
	}
}
