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
	err := h.listen(context.Background(), begun, func(e control.Event) error {
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
