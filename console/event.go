package console

import (
	"strings"

	"github.com/syncsvc/syncsvc/control"
)

// Event writes one event as one line.
func (l Look) Event(e control.Event) string {
	parts := []string{l.Dim(l.clock(e.Time)), l.kind(e)}
	if e.Module != "" {
		parts = append(parts, l.Bold(Safe(e.Module)))
	}
	if e.Target != "" && !strings.Contains(e.Text, e.Target) {
		parts = append(parts, l.Dim(Safe(e.Target)))
	}
	parts = append(parts, Safe(e.Text))
	if e.Hint != "" {
		parts = append(parts, l.Dim("("+Safe(e.Hint)+")"))
	}
	return strings.Join(parts, "  ")
}

// kind writes what an event is about in a colour that says how bad it is.
func (l Look) kind(e control.Event) string {
	text := pad(Safe(string(e.Kind)), len(control.EventOverflow), false)
	switch e.Kind {
	case control.EventState:
		return l.paint(stateColour(e.State), text)
	case control.EventArrival, control.EventStarted:
		return l.Good(text)
	case control.EventFailure, control.EventHeld:
		if e.Count == 0 {
			return l.Good(text)
		}
		return l.Warn(text)
	case control.EventOverflow, control.EventLost, control.EventAlert:
		return l.Warn(text)
	case control.EventDied:
		return l.Bad(text)
	}
	return text
}
