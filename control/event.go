package control

import "time"

// EventKind says what an [Event] is about.
type EventKind string

// The kinds of events.
const (
	EventState    EventKind = "state"    // a module or a target changed its state
	EventArrival  EventKind = "arrival"  // a job ended and something is on a target now
	EventFailure  EventKind = "failure"  // a path came onto the fail list, or left it (Count 0)
	EventHeld     EventKind = "held"     // deletions wait for approval, or do no longer (Count 0)
	EventOverflow EventKind = "overflow" // the kernel dropped events; a scan repairs it
	EventStarted  EventKind = "started"  // a module's process began
	EventDied     EventKind = "died"     // a module's process ended, not on request
	EventStopped  EventKind = "stopped"  // a module's process ended on request
	EventReload   EventKind = "reload"   // configuration was read again
	EventAlert    EventKind = "alert"    // an alert was raised or is over
	EventLost     EventKind = "lost"     // the reader was too slow, Count events are missing here
)

// Event is something that happened, as GET /v1/events streams it. Fields that
// mean nothing for a kind are left out.
type Event struct {
	Seq    uint64    `json:"seq"` // per process that serves it, without gaps
	Time   time.Time `json:"time"`
	Kind   EventKind `json:"kind"`
	Module string    `json:"module,omitempty"`
	Target string    `json:"target,omitempty"`
	Text   string    `json:"text"` // one line for people
	Hint   string    `json:"hint,omitempty"`
	State  State     `json:"state,omitempty"`
	Was    State     `json:"was,omitempty"`
	Path   Path      `json:"path,omitempty"` // the first of them
	Count  int64     `json:"count,omitempty"`
	Bytes  int64     `json:"bytes,omitempty"`
}
