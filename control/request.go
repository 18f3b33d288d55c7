package control

import "time"

// ModulesRequest names the modules that a request to the supervisor is about.
type ModulesRequest struct {
	Modules []string `json:"modules,omitempty"`
	All     bool     `json:"all,omitempty"`
	Wait    bool     `json:"wait,omitempty"` // answer when they have started or stopped
}

// ModuleAnswer is what became of a request for one module.
type ModuleAnswer struct {
	Module  string `json:"module"`
	Message string `json:"message"`
	Error   string `json:"error,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

// SyncStarted answers POST /v1/sync; Progress is at GET /v1/sync/{id}.
type SyncStarted struct {
	ID      string `json:"id"`
	Message string `json:"message"`
}

// Progress is how far a sync on request, or a verification, is. Those that
// ended are remembered for a while.
type Progress struct {
	ID       string           `json:"id"`
	Done     bool             `json:"done"`
	Started  time.Time        `json:"started"`
	Ended    *time.Time       `json:"ended"`
	Path     Path             `json:"path"`
	Targets  []TargetProgress `json:"targets"`
	Examined int64            `json:"files_examined"`
	Total    int64            `json:"files_total"` // 0 = not known
}

// TargetProgress is the part of [Progress] that concerns one target.
type TargetProgress struct {
	Target  string  `json:"target"`
	Done    bool    `json:"done"`
	Waiting string  `json:"waiting,omitempty"` // why nothing moves: away, paused, held
	Error   string  `json:"error,omitempty"`
	Files   int64   `json:"files"` // sent so far
	Deleted int64   `json:"deleted"`
	Bytes   int64   `json:"bytes"` // sent so far, on the wire
	Rate    float64 `json:"rate"`  // bytes a second, over the last seconds
	Percent float64 `json:"percent"`
	ETA     float64 `json:"eta_seconds"` // 0 = not known
}

// VerifyRequest asks for a comparison with a target that changes nothing.
type VerifyRequest struct {
	Target   string  `json:"target,omitempty"` // "" = every target
	Path     string  `json:"path,omitempty"`
	Checksum bool    `json:"checksum,omitempty"` // contents, not only size and time
	Sample   float64 `json:"sample,omitempty"`   // percent of the files; 0 = all of them
	Repair   bool    `json:"repair,omitempty"`   // what differs becomes owed
}

// Difference is one entry in which a target differs from the source.
type Difference struct {
	Target string `json:"target"`
	Path   Path   `json:"path"`
	What   string `json:"what"` // "missing", "extra", "content", "attributes: time, mode"
	Owed   bool   `json:"owed"` // it is on its way anyway
}

// VerifyAnswer is the outcome of a verification.
type VerifyAnswer struct {
	Compared    int64        `json:"compared"` // files looked at, all targets together
	Differences []Difference `json:"differences"`
	More        int64        `json:"more,omitempty"` // differences beyond those listed
	Repairing   int64        `json:"repairing,omitempty"`
	Errors      []string     `json:"errors,omitempty"` // targets that could not be compared, and why
	Took        float64      `json:"took_seconds"`
}

// FailuresAnswer is the fail list of a module.
type FailuresAnswer struct {
	Failures []TargetFailure `json:"failures"`
}

// TargetFailure is a path that one target does not take.
type TargetFailure struct {
	Module string `json:"module,omitempty"` // where the lists of several are put together
	Target string `json:"target"`
	Failure
}

// FailuresRequest says what to do with the fail list: Retry makes everything
// due now, Clear forgets it until the path changes again or a full compare
// finds it.
type FailuresRequest struct {
	Target string `json:"target,omitempty"`
	Path   string `json:"path,omitempty"` // "" = all of them
	Retry  bool   `json:"retry,omitempty"`
	Clear  bool   `json:"clear,omitempty"`
}

// WhyAnswer says what happens to one path, and why.
type WhyAnswer struct {
	Path     Path        `json:"path"`
	Exists   bool        `json:"exists"`
	Kind     string      `json:"kind,omitempty"` // file, folder, symlink, ...
	Mirrored bool        `json:"mirrored"`
	Rule     string      `json:"rule"`            // what decides, in words
	Where    string      `json:"where,omitempty"` // file:line of the rule
	Targets  []WhyTarget `json:"targets"`
}

// WhyTarget is one path as one target sees it.
type WhyTarget struct {
	Target   string     `json:"target"`
	Owed     bool       `json:"owed"`
	InFlight bool       `json:"in_flight"`
	Held     bool       `json:"held"`
	Failure  *Failure   `json:"failure,omitempty"`
	LastSent *time.Time `json:"last_sent"` // null: not since the module started, as far as is remembered
	Verdict  string     `json:"verdict"`   // one line for people
}

// Reconfigure tells an instance to read its module file again. It answers with
// status 409 when the file is not the one that was meant, or asks for more
// than can be changed in place.
type Reconfigure struct {
	Fingerprint string `json:"fingerprint"` // config.Module.Fingerprint of the version meant
}

// LogLevel sets from which level on a module logs.
type LogLevel struct {
	Level string `json:"level"` // debug, info, warn, error; "" = as configured
}
