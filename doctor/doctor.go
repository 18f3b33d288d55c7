// Package doctor says whether modules can work on this machine and towards
// their targets, and what to do where they cannot.
//
// It changes nothing but for a probe file that it writes to each target and
// removes again (see [rsync.Runner.Try]), corrects nothing, and asks no service
// that may be running: it finds out for itself. What cannot be found out it
// says too.
package doctor

import (
	"context"
	"time"

	"github.com/syncsvc/syncsvc/config"
)

// Level is how good or bad a finding is.
type Level string

// The levels.
const (
	OK      Level = "ok"
	Warn    Level = "warn"    // works, but somebody should know
	Bad     Level = "bad"     // does not work
	Unknown Level = "unknown" // could not be found out
)

// Finding is one thing that was looked at.
type Finding struct {
	Module  string `json:"module,omitempty"` // "" = the machine as a whole
	Target  string `json:"target,omitempty"` // its URL; "" = the module as a whole
	What    string `json:"what"`             // "reachable", "free space", ...
	Level   Level  `json:"level"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // what to do
}

// Options say what to look at.
type Options struct {
	// Modules are examined.
	Modules []*config.Module
	// Others are all other modules of the service. They are only compared with
	// Modules.
	Others []*config.Module
	// Planned says that Modules do not run yet, so that what they need is
	// needed besides what is in use.
	Planned bool
	// Root is where the machine's own files are looked for, "" being "/".
	Root string
	// Found is called with each finding, one at a time, in the order of the
	// result, as soon as all before it are known. It may be nil.
	Found func(Finding)
}

// Time limits of a single step. A step that takes longer is given up, and that
// is a finding too.
const (
	shortStep = 15 * time.Second
	treeStep  = 5 * time.Minute // walks the whole tree
	wireStep  = 2 * time.Minute // several connections
)

// Check examines everything at once and returns all findings: of the machine,
// of each module in order, of what the modules have in common. When ctx ends,
// what was not finished is unknown.
func Check(ctx context.Context, o Options) []Finding {
	e := newExam(o)
	defer e.close()
	return perform(ctx, e.steps(), o.Found)
}

// Worst is the worst level among findings; unknown counts as well.
func Worst(findings []Finding) Level {
	rank := map[Level]int{OK: 0, Unknown: 0, Warn: 1, Bad: 2}
	worst := OK
	for _, f := range findings {
		if rank[f.Level] > rank[worst] {
			worst = f.Level
		}
	}
	return worst
}
