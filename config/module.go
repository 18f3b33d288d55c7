package config

import (
	"log/slog"
	"time"

	"github.com/syncsvc/syncsvc/filter"
)

// FullSync says what a module does when it starts.
type FullSync string

const (
	// FullIfNeeded catches up from the checkpoint, and compares everything
	// when there is none to trust.
	FullIfNeeded FullSync = "if-needed"
	// FullOnStart compares everything at each start.
	FullOnStart FullSync = "on-start"
	// FullNever sends only what changes from now on.
	FullNever FullSync = "never"
)

// The values of Module.Backend.
const (
	BackendAuto     = "auto"
	BackendInotify  = "inotify"
	BackendFanotify = "fanotify"
	BackendPoll     = "poll"
)

// Module is one module file, checked and with its defaults filled in. It is
// not changed after loading.
type Module struct {
	Name string // base name of the file without its suffix
	File string // as it was opened

	Watch   string   // absolute and clean, never "/"
	Targets []Target // in the order of the file; none only if there are hooks

	Threads   int // rsync processes at most, all targets together
	FullSync  FullSync
	Backend   string // one of the Backend constants
	PollEvery time.Duration
	Events    Events
	Settle    Settle

	// Rules are all rules in the order in which they are tried: filter,
	// include, exclude, then the lines of exclude_from.
	Rules   []filter.Rule
	Regexes []filter.Regex
	// Filter is Rules and Regexes compiled; never nil.
	Filter *filter.Filter

	FailLog  FailLog
	Schedule Schedule // of the full compare
	// CompareExclude are exclude patterns for full compares and full syncs alone:
	// what they match is mirrored when it changes, and left as it is otherwise.
	CompareExclude []string
	Hooks          []Hook // in the order of the file

	Enabled  bool
	Priority int // modules with a smaller one start first; 0 to 99
	Process  Process
	// LogLevel is from which level on the module logs; nil = as the service.
	LogLevel *slog.Level

	origin origin
}

// Process says how the module's processes run.
type Process struct {
	Nice           int    // -20 (first) to 19 (last) for everything the module runs; 0 changes nothing
	IONice         IONice // the same for its disk accesses
	OOMScoreAdjust int    // -1000 to 1000, see proc(5); 0 changes nothing
	MemoryMax      int64  // bytes of the instance and its rsyncs together; 0 = no limit
	// User runs rsync, or with WholeInstance the instance as well; "" = who
	// runs syncsvc. What reading other people's files takes is kept.
	User          string
	WholeInstance bool
}

// IONice is an I/O scheduling class and priority; see ionice(1). The zero
// value changes nothing.
type IONice struct {
	Class string // "", "best-effort" or "idle"
	Level int    // of best-effort: 0 (first) to 7
}

// Events says which happenings are followed.
type Events struct {
	CreateFile, CreateFolder, CloseWrite, Modify bool
	Attrib, Delete, MoveFrom, MoveTo             bool
}

// Settle says when a file that is written to but not closed is sent.
type Settle struct {
	Quiet  time.Duration // after this long without another write
	AtMost time.Duration // and at the latest after this; never less than Quiet
}

// FailLog says where the list of what could not be sent is kept.
type FailLog struct {
	Path       string // absolute; "" means NAME.fail.log in the log folder
	RetryEvery time.Duration
	Format     FailLogFormat
}

// FailLogFormat is how the list of what could not be sent is written.
type FailLogFormat string

const (
	// FailLogText is for people: a line for each path.
	FailLogText FailLogFormat = "text"
	// FailLogScript is a shell script like that of sersync: a command for each
	// path, which sends it.
	FailLogScript FailLogFormat = "sersync"
)

// origin is where a module was read from, for problems found after loading.
type origin struct {
	src      *source
	at       map[string]position
	warnings []Problem
}

// defaultModule returns what a module file with no keys at all would mean.
func defaultModule() *Module {
	return &Module{
		Threads:   10,
		FullSync:  FullIfNeeded,
		Backend:   BackendAuto,
		PollEvery: 10 * time.Minute,
		Events: Events{
			CreateFile: true, CreateFolder: true, CloseWrite: true, Modify: true,
			Attrib: true, Delete: true, MoveFrom: true, MoveTo: true,
		},
		Settle:   Settle{Quiet: 2 * time.Second, AtMost: 30 * time.Second},
		FailLog:  FailLog{RetryEvery: 10 * time.Minute, Format: FailLogText},
		Enabled:  true,
		Priority: 50,
	}
}

// Warnings returns what is allowed but probably not meant, each in one line
// with its place.
func (m *Module) Warnings() []string {
	lines := make([]string, len(m.origin.warnings))
	for i, w := range m.origin.warnings {
		lines[i] = w.Error()
	}
	return lines
}

// Place returns where a key of the module file stands, as "FILE:LINE"; the file
// alone when the key is not written there.
func (m *Module) Place(key string) string {
	at, ok := m.origin.at[key]
	if !ok || m.origin.src == nil {
		return m.File
	}
	return m.origin.src.label(at)
}

// problem returns a problem with a key of the file m was read from.
func (m *Module) problem(key, hint, message string) Problem {
	if m.origin.src == nil {
		return Problem{File: m.File, Key: key, Message: message, Hint: hint}
	}
	return m.origin.src.problem(m.origin.at[key], key, hint, message)
}
