package instance

import (
	"context"
	"errors"
	"testing"

	"github.com/syncsvc/syncsvc/control"
)

// TestSlowListenerLosesEventsAndIsTold: nobody ever waits for it.
func TestSlowListenerLosesEventsAndIsTold(t *testing.T) {
	h := newHub("www")
	errEnough := errors.New("enough")
	var last uint64
	var lost int64
	begun := func() error {
		for range maxQueued + 5 {
			h.tell(control.Event{Kind: control.EventArrival})
		}
		return nil
	}
	err := h.listen(context.Background(), 0, begun, func(e control.Event) error {
		if e.Kind == control.EventLost {
			lost = e.Count
			return errEnough
		}
		last = e.Seq
		return nil
	})
	if !errors.Is(err, errEnough) || last != maxQueued || lost != 5 {
		t.Errorf("got events up to %d, %d lost, %v", last, lost, err)
	}
	h.tell(control.Event{})
	if len(h.listeners) != 0 {
		t.Error("a listener that has left is still told")
	}
}

// TestLateListenerHearsWhatIsRemembered: the supervisor connects when the
// module has begun already, and again when its stream broke.
func TestLateListenerHearsWhatIsRemembered(t *testing.T) {
	h := newHub("www")
	for range maxHeard + 5 {
		h.tell(control.Event{Kind: control.EventArrival})
	}
	begun := func() error { return nil }
	for _, c := range []struct{ since, first uint64 }{
		{0, 6},
		{maxHeard, maxHeard + 1},
		{maxHeard * 9, 6}, // counted by an earlier life
	} {
		errEnough := errors.New("enough")
		err := h.listen(context.Background(), c.since, begun, func(e control.Event) error {
			if e.Seq != c.first {
				t.Errorf("since %d: the first is %d, want %d", c.since, e.Seq, c.first)
			}
			return errEnough
		})
		if !errors.Is(err, errEnough) {
			t.Errorf("since %d: %v", c.since, err)
		}
	}
}
