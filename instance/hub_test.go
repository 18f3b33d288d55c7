package instance_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// listen collects the events of the mirror until the test ends; begun reports
// whether there is one.
func (m *mirror) listen() (next func(what string, is func(control.Event) bool) control.Event, begun func() bool) {
	m.Helper()
	events := make(chan control.Event, 10_000) // more than any test makes
	ctx, stop := context.WithCancel(m.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = m.client.Stream(ctx, "/v1/events", func(value json.RawMessage) error {
			var e control.Event
			if err := json.Unmarshal(value, &e); err != nil {
				return err
			}
			events <- e
			return nil
		})
	}()
	m.Cleanup(func() { stop(); <-done })
	return func(what string, is func(control.Event) bool) (found control.Event) {
		m.Helper()
		m.until(what, func() bool {
			for {
				select {
				case found = <-events:
					if is(found) {
						return true
					}
				default:
					return false
				}
			}
		})
		return found
	}, func() bool { return len(events) > 0 }
}

// TestNoFullSyncIsToldOfBeforeItIsNeeded: a target that catches up by a scan
// said "full sync" until the source was watched.
func TestNoFullSyncIsToldOfBeforeItIsNeeded(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.put("f", "1")
	m.start().settled()
	m.stop()
	m.must(os.Rename(m.source, m.source+".away"))
	m.start()
	st := m.untilState(control.WaitingSource)
	if one := st.Targets[0]; one.State != control.Starting {
		t.Errorf("without a source the target is %s: %s", one.State, one.Reason)
	}
	m.must(os.Rename(m.source+".away", m.source))
	m.settled()
}

func TestEventsTellTheStory(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "max_delete: 1")
	for _, p := range []string{"gone/1", "gone/2", "f"} {
		m.put(p, "1")
	}
	m.start().settled()
	next, begun := m.listen()
	kind := func(k control.EventKind, more func(control.Event) bool) func(control.Event) bool {
		return func(e control.Event) bool { return e.Kind == k && more(e) }
	}
	m.until("the stream has begun", func() bool { // events before it are not heard
		m.put("first", time.Now().String())
		m.settle()
		return begun()
	})
	m.put("one", "123")
	e := next("the arrival is told", kind(control.EventArrival, func(e control.Event) bool { return e.Path == "one" }))
	if e.Module != "www" || e.Target != m.urls[0] || e.Count != 1 || e.Seq == 0 || e.Time.IsZero() || e.Text == "" {
		t.Errorf("the arrival: %+v", e)
	}

	theirs := filepath.Join(m.targets[0], "f")
	m.immutable(theirs, "+")
	m.put("f", "22")
	next("the failure is told", kind(control.EventFailure, func(e control.Event) bool { return e.Path == "f" && e.Count == 1 }))
	next("the state is told", kind(control.EventState, func(e control.Event) bool {
		return e.Target == "" && e.State == control.Degraded && e.Was == control.Live
	}))
	m.immutable(theirs, "-")
	next("its end is told", kind(control.EventFailure, func(e control.Event) bool { return e.Path == "f" && e.Count == 0 }))

	m.vanish("gone")
	next("the hold is told", kind(control.EventHeld, func(e control.Event) bool { return e.Count > 1 && e.Hint != "" }))
	m.post("/v1/approve", nil)
	next("its end is told", kind(control.EventHeld, func(e control.Event) bool { return e.Count == 0 }))
	m.settled()
}
