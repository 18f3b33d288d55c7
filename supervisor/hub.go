package supervisor

import (
	"context"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// eventsKept is how many events are remembered for readers that come later or
// are slow.
const eventsKept = 2000

// hub brings the events of the supervisor and of all instances into one order
// and remembers the last of them. Readers keep up as they can; none can delay
// an event or another reader, and none makes the hub grow.
type hub struct {
	mu      sync.Mutex // guards what follows
	last    uint64     // number of the newest event; 0 = none yet
	ring    [eventsKept]control.Event
	readers map[chan struct{}]bool
}

// publish numbers e and tells all readers. A zero time becomes now.
func (h *hub) publish(e control.Event) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last++
	e.Seq = h.last
	h.ring[e.Seq%eventsKept] = e
	for wake := range h.readers {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// newest is the number of the newest event.
func (h *hub) newest() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

// after returns the events after number since, as far as they are remembered;
// lost is how many are not any more.
func (h *hub) after(since uint64) (events []control.Event, lost uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if since > h.last { // counted by a supervisor before this one
		since = 0
	}
	if h.last-since > eventsKept {
		lost = h.last - since - eventsKept
		since += lost
	}
	for n := since + 1; n <= h.last; n++ {
		events = append(events, h.ring[n%eventsKept])
	}
	return events, lost
}

// follow calls each with every event after number since, until ctx ends or
// each returns an error. What was forgotten before it could be read is one
// event that says how many.
func (h *hub) follow(ctx context.Context, since uint64, each func(control.Event) error) error {
	wake := make(chan struct{}, 1) // 1: there is something new
	h.attend(wake, true)
	defer h.attend(wake, false)
	for {
		events, lost := h.after(since)
		if lost > 0 {
			gap := control.Event{
				Seq: since + lost, Time: time.Now(), Kind: control.EventLost, Count: int64(lost),
				Text: "events are missing here: they were not read in time",
			}
			if err := each(gap); err != nil {
				return err
			}
		}
		for _, e := range events {
			if err := each(e); err != nil {
				return err
			}
			since = e.Seq
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		}
	}
}

// attend adds or removes a reader.
func (h *hub) attend(wake chan struct{}, comes bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !comes {
		delete(h.readers, wake)
		return
	}
	if h.readers == nil {
		h.readers = map[chan struct{}]bool{}
	}
	h.readers[wake] = true
}
