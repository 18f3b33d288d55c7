package supervisor

import (
	"context"
	"errors"
	"testing"

	"github.com/syncsvc/syncsvc/control"
)

var errEnough = errors.New("enough")

func TestEventsHaveNoGaps(t *testing.T) {
	var h hub
	h.publish(control.Event{Text: "before"})
	h.publish(control.Event{Text: "first"})
	var got []string
	err := h.follow(t.Context(), 1, func(e control.Event) error {
		got = append(got, e.Text)
		if len(got) == 1 {
			h.publish(control.Event{Text: "second"}) // comes while another is read
		}
		if len(got) == 2 {
			if e.Seq != 3 || e.Time.IsZero() {
				t.Errorf("second is %+v", e)
			}
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) || got[0] != "first" || got[1] != "second" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestSlowReaderLearnsWhatItMissed(t *testing.T) {
	var h hub
	for range eventsKept + 5 {
		h.publish(control.Event{})
	}
	var seen []control.Event
	err := h.follow(t.Context(), 2, func(e control.Event) error {
		if seen = append(seen, e); len(seen) == eventsKept+1 {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	if gap := seen[0]; gap.Kind != control.EventLost || gap.Count != 3 || gap.Seq != 5 {
		t.Errorf("gap is %+v", gap)
	}
	if seen[1].Seq != 6 || seen[eventsKept].Seq != eventsKept+5 {
		t.Errorf("then from %d to %d", seen[1].Seq, seen[eventsKept].Seq)
	}
}

func TestReaderFromBeforeARestartStartsOver(t *testing.T) {
	var h hub
	h.publish(control.Event{Text: "one"})
	events, lost := h.after(500)
	if len(events) != 1 || lost != 0 {
		t.Errorf("%v, %d lost", events, lost)
	}
}

func TestReaderThatGoesIsForgotten(t *testing.T) {
	var h hub
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.follow(ctx, 0, func(control.Event) error { return nil }); err != nil || len(h.readers) != 0 {
		t.Errorf("%v, %d readers", err, len(h.readers))
	}
}
