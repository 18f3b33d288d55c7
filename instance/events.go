package instance

import (
	"context"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

const (
	maxQueued = 1000 // events that wait for one listener
	maxHeard  = 1000 // events that are remembered for listeners to come
)

// hub passes on what happens to whoever listens. Telling never waits: a
// listener that is too slow loses events and is told how many. It is safe for
// concurrent use, also under the locks of those who tell.
type hub struct {
	module string

	mu        sync.Mutex
	seq       uint64
	recent    []control.Event // the last of them
	listeners map[*listener]bool
}

// listener is somebody who listens; its fields are guarded by the hub.
type listener struct {
	queue []control.Event
	lost  int64
	wake  chan struct{} // 1: there is something in the queue
}

func newHub(module string) *hub {
	return &hub{module: module, listeners: make(map[*listener]bool)}
}

// tell passes e on, with its number and time.
func (h *hub) tell(e control.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq++
	e.Seq, e.Module, e.Time = h.seq, h.module, time.Now()
	h.recent = append(h.recent[max(0, len(h.recent)+1-maxHeard):], e)
	for l := range h.listeners {
		if len(l.queue) == maxQueued {
			l.lost++
			continue
		}
		l.queue = append(l.queue, e)
		wakeUp(l.wake)
	}
}

// newest is the number of the last event; 0 = none yet.
func (h *hub) newest() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seq
}

// listen calls each with every event after number since, as far as they are
// remembered, until ctx ends or each returns an error. It calls begun once it
// listens.
func (h *hub) listen(ctx context.Context, since uint64, begun func() error, each func(control.Event) error) error {
	l := h.attend(since)
	defer h.dismiss(l)
	if err := begun(); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.wake:
		}
		for _, e := range h.take(l) {
			if err := each(e); err != nil {
				return err
			}
		}
	}
}

// attend adds a listener, who has heard everything up to number since.
func (h *hub) attend(since uint64) *listener {
	l := &listener{wake: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if since > h.seq { // counted by an earlier life of the module
		since = 0
	}
	for _, e := range h.recent {
		if e.Seq > since {
			l.queue = append(l.queue, e)
		}
	}
	wakeUp(l.wake)
	h.listeners[l] = true
	return l
}

func (h *hub) dismiss(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.listeners, l)
}

// take empties the queue of l. What was lost came after what is in it.
func (h *hub) take(l *listener) []control.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	queue := l.queue
	if l.lost > 0 {
		queue = append(queue, control.Event{
			Kind: control.EventLost, Module: h.module, Time: time.Now(), Seq: h.seq, Count: l.lost,
			Text: "the reader was too slow, events are missing here",
		})
	}
	l.queue, l.lost = nil, 0
	return queue
}
