package instance

import (
	"context"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// keepSchedule asks for the full compare when it is due, until ctx ends.
func (in *instance) keepSchedule(ctx context.Context) {
	for {
		due := in.module().Schedule.Next(time.Now())
		if !in.untilDue(ctx, due) {
			if ctx.Err() != nil {
				return
			}
			continue
		}
		in.Log.Info("full compare is due")
		for _, t := range in.targets() {
			t.offer([]change.Change{compareAll(change.Root)})
		}
	}
}

// untilDue waits for a moment, the zero time being never. It reports false when
// ctx ends or the schedule is another one now.
func (in *instance) untilDue(ctx context.Context, due time.Time) bool {
	var expired <-chan time.Time
	if !due.IsZero() {
		timer := time.NewTimer(time.Until(due))
		defer timer.Stop()
		expired = timer.C
	}
	select {
	case <-ctx.Done():
	case <-in.rescheduled:
	case <-expired:
		return true
	}
	return false
}
