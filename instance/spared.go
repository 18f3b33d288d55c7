package instance

import (
	"slices"

	"github.com/syncsvc/syncsvc/change"
)

// spare notes what j, a comparison, leaves to those that are sending it already:
// it would send a big file beside them, and as that is no sure thing, the file
// would go out a third time when j ends.
//
// A tree that is known to have changed spares nothing: the others may be sending
// what was there before.
func (l *ledger) spare(j *job) {
	j.spared = nil
	if j.shape != tree || slices.ContainsFunc(j.items, func(it item) bool { return !it.Spare }) {
		return
	}
	for _, other := range l.flying {
		if other.shape != flat || other.lane != bulk {
			continue
		}
		for _, it := range other.items {
			if it.Scope == change.Entry && it.seen.kind == file && it.Path != j.items[0].Path && j.under(it.Path) {
				j.spared = append(j.spared, it.Path)
			}
		}
	}
}

// delivered tells the comparisons that spared what j was sending that it is
// there. Without that they owe it again when they end.
func (l *ledger) delivered(j *job, o outcome) {
	if o.verdict != answered || len(o.failed) > 0 || len(o.vanished) > 0 || len(o.turned) > 0 {
		return
	}
	for _, walker := range l.flying {
		if len(walker.spared) == 0 || walker.source != j.source {
			continue
		}
		for _, it := range j.items {
			if slices.Contains(walker.spared, it.Path) {
				walker.again.Remove(it.Path)
			}
		}
	}
}
