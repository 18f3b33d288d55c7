package instance

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// slots are the module's threads: as many rsyncs run at once. Whoever waits
// longest is next. It is safe for concurrent use.
type slots struct {
	free    *semaphore.Weighted
	waiting atomic.Int64
}

func newSlots(threads int) *slots {
	return &slots{free: semaphore.NewWeighted(int64(threads))}
}

// take waits for a slot until ctx ends.
func (s *slots) take(ctx context.Context) error {
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	return s.free.Acquire(ctx, 1)
}

func (s *slots) giveBack() { s.free.Release(1) }

// contested reports whether somebody waits for a slot.
func (s *slots) contested() bool { return s.waiting.Load() > 0 }
