package control

import "time"

// Version is the program that answers at GET /v1/version.
type Version struct {
	Version string    `json:"version"`
	Pid     int       `json:"pid"`
	Started time.Time `json:"started"`
}

// Overview is the whole service as the supervisor's GET /v1/status shows it.
type Overview struct {
	Version  string    `json:"version"`
	Pid      int       `json:"pid"`
	Started  time.Time `json:"started"`
	State    State     `json:"state"` // the worst of its modules; stopped when there is none
	Modules  []Module  `json:"modules"`
	Problems []Problem `json:"problems,omitempty"` // files that are no module because of them
	Budget   *Budget   `json:"budget,omitempty"`   // null when nothing is limited
}

// Wanted is what an operator has asked of a module, whatever it does at the
// moment.
type Wanted string

// What may be wanted of a module. Disabled survives a restart of the service,
// down does not.
const (
	WantedUp       Wanted = "up"
	WantedDown     Wanted = "down"     // "syncsvc stop"
	WantedDisabled Wanted = "disabled" // "syncsvc disable", or enabled: false in its file
)

// States that only the supervisor gives a module; see [State] for the others.
// A module whose process died is in [Backoff] until it is started again.
const (
	Disabled      State = "disabled" // on request, survives restarts
	Misconfigured State = "failed"   // its configuration has to be corrected first
)

// Module is one module as the supervisor knows it. Spans are seconds, sizes
// bytes.
type Module struct {
	Name      string `json:"name"`
	File      string `json:"file"`
	Wanted    Wanted `json:"wanted"`
	WantedWhy string `json:"wanted_why,omitempty"` // who wants it disabled: the file and line, or the command
	Priority  int    `json:"priority"`

	State  State     `json:"state"`
	Reason string    `json:"reason,omitempty"`
	Hint   string    `json:"hint,omitempty"`
	Since  time.Time `json:"since"`

	Pid       int        `json:"pid,omitempty"` // of the instance; 0 when there is none
	Started   *time.Time `json:"started"`
	NextStart *time.Time `json:"next_start"` // when it is started again
	Restarts  int        `json:"restarts"`   // after deaths, since the service began
	Deaths    []Death    `json:"deaths,omitempty"`
	Memory    int64      `json:"memory"` // resident, without the rsyncs

	// Problems of its file as it is now; what runs is the version before.
	Problems []Problem `json:"problems,omitempty"`

	Lag       float64    `json:"lag_seconds"` // of the target furthest behind
	Owed      int        `json:"owed"`
	InFlight  int        `json:"in_flight"`
	Held      int64      `json:"held"`
	Failing   int        `json:"failing"`
	TargetsOK int        `json:"targets_ok"` // live or scanning
	Targets   int        `json:"targets"`
	LastSync  *time.Time `json:"last_sync"` // the last success at any target
	Rate      float64    `json:"rate"`      // bytes a second sent, over the last seconds

	Status *Status `json:"status"` // what the instance says itself; null when it does not run
}

// Death is one end of an instance that nobody asked for.
type Death struct {
	Time  time.Time `json:"time"`
	Cause string    `json:"cause"` // "killed by signal 9", "exit code 2", "no sign of life for 30 s"
	Lived float64   `json:"lived_seconds"`
	Pid   int       `json:"pid"`
	First []string  `json:"first_lines,omitempty"` // of the output that was not a log: a panic, an error
	Last  []string  `json:"last_lines,omitempty"`
	Dump  string    `json:"dump,omitempty"` // the file with the whole of it
}

// Problem is something wrong with a configuration file.
type Problem struct {
	Module  string `json:"module,omitempty"`
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Key     string `json:"key,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	Text    string `json:"text"` // all of it for people, with the line in question
}

// Budget is what all modules together may use. 0 means no limit.
type Budget struct {
	Rsyncs        int   `json:"rsyncs"`
	RsyncsUsed    int   `json:"rsyncs_used"`
	FullSyncs     int   `json:"full_syncs"`
	FullSyncsUsed int   `json:"full_syncs_used"`
	Bandwidth     int64 `json:"bandwidth"` // bytes a second
	BandwidthUsed int64 `json:"bandwidth_used"`
	Waiting       int   `json:"waiting"`
}

// Reload is what a reload did, or would do.
type Reload struct {
	Modules  []ModuleReload `json:"modules"`
	Problems []Problem      `json:"problems,omitempty"`
	Applied  bool           `json:"applied"` // false for a plan
	// Settings of the service itself that are others than before.
	Settings []SettingChange `json:"settings,omitempty"`
}

// SettingChange is a setting of the service that has changed.
type SettingChange struct {
	KeyChange
	Where   string `json:"where,omitempty"` // the file and line that say so
	Restart bool   `json:"restart"`         // it holds after a restart of the service only
}

// Action is what a reload does with a module.
type Action string

// The actions of a reload.
const (
	Untouched    Action = "unchanged"
	AddModule    Action = "start"
	RemoveModule Action = "remove"
	InPlace      Action = "change-in-place" // its process goes on
	Retarget     Action = "change-targets"  // its process goes on; targets come or go
	Restart      Action = "restart"
	KeepOld      Action = "keep" // its file is invalid; what runs goes on
)

// ModuleReload is what a reload does with one module.
type ModuleReload struct {
	Module   string      `json:"module"`
	File     string      `json:"file"`
	Action   Action      `json:"action"`
	Why      string      `json:"why,omitempty"`
	Changes  []KeyChange `json:"changes,omitempty"`
	Added    []string    `json:"targets_added,omitempty"`
	Removed  []string    `json:"targets_removed,omitempty"`
	FullSync []string    `json:"full_sync,omitempty"` // targets that will be compared as a whole
	// Filter says what a change of the rules means for the tree; null without
	// one, or when the tree could not be read.
	Filter *FilterEffect `json:"filter,omitempty"`
	Error  string        `json:"error,omitempty"` // what went wrong when it was applied
}

// KeyChange is one key that is another than before, as text for people.
type KeyChange struct {
	Key string `json:"key"`
	Old string `json:"old"`
	New string `json:"new"`
}

// FilterEffect counts what changed rules mean for what is on disk now.
type FilterEffect struct {
	Sent     int64  `json:"sent"` // entries that become part of the mirror
	Left     int64  `json:"left"` // entries that leave it; they stay on the targets
	SentLike []Path `json:"sent_examples,omitempty"`
	LeftLike []Path `json:"left_examples,omitempty"`
	// Partial says that the tree is too big to have been read to its end, so
	// that there is more of both.
	Partial bool `json:"partial,omitempty"`
}
