package control

import "time"

// AlertKind says what an alert is about.
type AlertKind string

// The kinds of alerts.
const (
	AlertLag      AlertKind = "lag"      // a target is behind for too long
	AlertAway     AlertKind = "away"     // a target is away for too long
	AlertHeld     AlertKind = "held"     // deletions wait for approval
	AlertFailures AlertKind = "failures" // too many paths fail
	AlertDown     AlertKind = "down"     // a module that should run does not
	AlertOverflow AlertKind = "overflow" // the kernel dropped events
)

// AlertRule says when to tell whom.
type AlertRule struct {
	Name    string // for people; the kind when none is written
	On      AlertKind
	Over    time.Duration // for how long it may be so; a lag may be so long
	Count   int           // of failures, how many there may be
	Modules []string      // patterns as in path.Match; none = all
	Command []string      // argv; gets the alert as JSON on its standard input
	Webhook string        // or a URL, which gets it by POST
	Every   time.Duration // when to tell again what goes on; 0 = never
	Timeout time.Duration // of one attempt to tell
}
