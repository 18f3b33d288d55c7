// Package control holds the words of the control API (JSON types) and its wire
// (HTTP over a unix socket, both ends).
//
// It knows what is said, not what it means: an instance answers with its own
// handlers, and the command line asks through [Client].
package control

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// State is what a module or a target is doing, in one word.
type State string

// The states of a module; those of a target are Live, Scanning, Degraded,
// Backoff, Held and Paused.
const (
	Starting      State = "starting"       // arming watches
	WaitingSource State = "waiting-source" // the watch root is not there, or not the one known
	Scanning      State = "scanning"       // finding out what changed, or the full sync
	Live          State = "live"           // everything seen is sent at once
	Degraded      State = "degraded"       // works, but some path or folder needs a person
	Backoff       State = "backoff"        // a target is away; everything for it is kept
	Held          State = "held"           // deletions wait for approval
	Paused        State = "paused"         // collecting, not sending
	Stopped       State = "stopped"        // ended on request
)

// Status is one module as GET /v1/status shows it. Sizes are bytes, spans are
// seconds.
type Status struct {
	Module  string    `json:"module"`
	State   State     `json:"state"`
	Reason  string    `json:"reason,omitempty"`
	Hint    string    `json:"hint,omitempty"`
	Since   time.Time `json:"since"` // when State began
	Pid     int       `json:"pid"`
	Started time.Time `json:"started"`

	Watch       string   `json:"watch"`
	Backend     string   `json:"backend"` // inotify, fanotify or poll; "" before it is armed
	BackendWhy  string   `json:"backend_why,omitempty"`
	Folders     int64    `json:"folders_watched"`
	Polled      []string `json:"folders_polled,omitempty"` // without a watch; the first few
	PolledAll   int64    `json:"folders_polled_total,omitempty"`
	WatchHint   string   `json:"watch_hint,omitempty"` // the sysctl that would do
	Events      int64    `json:"events"`
	Overflows   int64    `json:"overflows"`
	Scans       int64    `json:"scans"` // walks that looked for what changed
	Entries     int64    `json:"entries,omitempty"`
	Watches     int64    `json:"watches,omitempty"`       // inotify watches held by this module
	WatchLimit  int64    `json:"watches_limit,omitempty"` // of the user, fs.inotify.max_user_watches
	LogLevel    string   `json:"log_level,omitempty"`
	Fingerprint string   `json:"fingerprint,omitempty"` // of the configuration in force

	// LostMounts are folders in the tree where a file system was mounted and is
	// not any more. Nothing is deleted there.
	LostMounts []Path `json:"lost_mounts,omitempty"`

	Targets []Target     `json:"targets"`
	Hooks   []HookStatus `json:"hooks,omitempty"`
}

// Target is one target of a module.
type Target struct {
	URL    string    `json:"url"`
	State  State     `json:"state"`
	Reason string    `json:"reason,omitempty"`
	Hint   string    `json:"hint,omitempty"`
	Since  time.Time `json:"since"`

	Owed        int        `json:"owed"` // paths and folders not there yet, those in flight included
	InFlight    int        `json:"in_flight"`
	Lag         float64    `json:"lag_seconds"` // age of the oldest change not there yet
	Upto        *time.Time `json:"upto"`        // everything changed before it is there; null until the first full sync
	LastSuccess *time.Time `json:"last_success"`
	LastError   string     `json:"last_error,omitempty"`
	LastErrorAt *time.Time `json:"last_error_at,omitempty"`
	NextTry     *time.Time `json:"next_try,omitempty"`

	Held      int64     `json:"held"`    // deletions that wait for approval
	Failing   int       `json:"failing"` // paths in the fail list
	FailList  []Failure `json:"fail_list,omitempty"`
	Transfers []Job     `json:"transfers,omitempty"`
	Counters  Counters  `json:"counters"`

	// JobTimes are the seconds that jobs took; Delays those from a change to
	// its arrival. Null when nothing is counted.
	JobTimes *Histogram `json:"job_seconds,omitempty"`
	Delays   *Histogram `json:"delay_seconds,omitempty"`
}

// Counters only ever grow while the instance runs.
type Counters struct {
	Jobs          int64 `json:"jobs"`
	FullSyncs     int64 `json:"full_syncs"`
	Sent          int64 `json:"sent"`
	Deleted       int64 `json:"deleted"`
	Renamed       int64 `json:"renamed"`
	BytesSent     int64 `json:"bytes_sent"`
	BytesReceived int64 `json:"bytes_received"`
	Errors        int64 `json:"errors"`
	Retries       int64 `json:"retries"` // paths sent again after they failed
}

// Failure is a path that fails alone.
type Failure struct {
	Path     Path      `json:"path"`
	Reason   string    `json:"reason"` // rsync's own words
	Attempts int       `json:"attempts"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Next     time.Time `json:"next"`
}

// Job is an rsync that runs now.
type Job struct {
	What    string    `json:"what"` // flat, tree or rename
	Path    Path      `json:"path"` // the first of them
	Paths   int       `json:"paths"`
	Started time.Time `json:"started"`
	Bytes   int64     `json:"bytes"` // read and written by rsync, disk and network together: a sign of life
}

// SyncRequest asks for a comparison of everything, or of a part.
type SyncRequest struct {
	Target string `json:"target,omitempty"` // "" = every target
	Path   string `json:"path,omitempty"`   // "" = the whole tree
}

// TargetRequest names a target; "" = every one.
type TargetRequest struct {
	Target string `json:"target,omitempty"`
}

// Answer says in a sentence what a request did.
type Answer struct {
	Message string `json:"message"`
}

// WaitAnswer says whether everything changed before the request is everywhere,
// and if not, what is behind.
type WaitAnswer struct {
	Done   bool     `json:"done"`
	Behind []string `json:"behind,omitempty"`
	// Held says that every target behind has deletions that wait for approval, so
	// that waiting longer would not help.
	Held bool `json:"held,omitempty"`
}

// Error is what the server answers instead of the thing asked for.
type Error struct {
	Message string `json:"error"`
	Hint    string `json:"hint,omitempty"`
}

// Path is a path relative to the watch root. Paths are bytes; in JSON, text
// stays as it is, and anything that is not UTF-8 is written with \x escapes.
type Path string

// MarshalText implements encoding.TextMarshaler.
func (p Path) MarshalText() ([]byte, error) {
	if utf8.ValidString(string(p)) {
		return []byte(p), nil
	}
	q := strconv.Quote(string(p))
	return []byte(q[1 : len(q)-1]), nil
}
