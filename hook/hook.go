// Package hook tells other programs what has arrived: it runs commands, posts
// to URLs, writes to sockets, has content delivery networks forget their
// copies, and sends mail.
//
// What a hook has to tell waits in a journal on disk, so it outlives the
// process, and a receiver that is away costs neither memory nor transfers. It is
// told at least once: what was being told when the process died is told again.
// Events of one path are told in their order. When more waits than may, one
// event of the kind [Collapsed] stands for all that is left out.
//
// It does not know when something has arrived, nor what is worth telling beyond
// the patterns of a hook, and reads no configuration.
package hook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// Kind says what happened to a path.
type Kind string

// The kinds of events.
const (
	Sent      Kind = "sent"
	Deleted   Kind = "deleted"
	Renamed   Kind = "renamed"
	Collapsed Kind = "collapsed" // Count events, of any paths, that were too many to keep
)

// Event is a path that has arrived.
type Event struct {
	Target string // its URL; "" when there is none, or when all have it
	All    bool   // every target has it
	Path   string // relative to Options.Root; bytes, not UTF-8
	Kind   Kind
	Was    string // before a rename
	Dir    bool
	Size   int64 // bytes, of files that were sent
	Time   time.Time
	Count  int64 // of Collapsed
}

// Spec is one hook. Of the last five fields that of its Kind is set.
type Spec struct {
	Name     string // names files and is shown to people
	Kind     string // command, http, socket, cdn or mail
	AfterAll bool   // wants events with All, and no others
	Events   Events
	Folders  bool // wants events of folders, too

	Include      []string // rsync patterns; one must match unless there are none
	Exclude      []string // rsync patterns; none may match
	IncludeRegex []string // one must match the whole absolute path, unless there are none

	Concurrency int           // deliveries at a time
	Timeout     time.Duration // of an attempt
	GiveUp      time.Duration // for how long a delivery is tried
	Batch       int           // events in a delivery at most
	Every       time.Duration // for how long to collect
	Queue       int           // events that wait at most

	Command Command
	HTTP    HTTP
	Socket  Socket
	CDN     CDN
	Mail    Mail
}

// Events says which kinds of events a hook wants.
type Events struct{ Sent, Deleted, Renamed bool }

// Options are what all hooks of a module have in common.
type Options struct {
	Module string
	Root   string // the watched folder, absolute
	Dir    string // for the journals; made when it is missing
	Hooks  []Spec
	Log    *slog.Logger
	// Drain is for how long attempts may go on after the end of Run's context.
	Drain time.Duration
}

// Hooks are the hooks of one module.
type Hooks struct {
	o     Options
	lines []*line
}

// New returns hooks that begin to tell when they run; until then events are
// collected. It does no I/O but to compile and read what the hooks need.
func New(o Options) (*Hooks, error) {
	h := &Hooks{o: o}
	for _, s := range o.Hooks {
		l, err := newLine(o, s)
		if err != nil {
			return nil, fmt.Errorf("hook %q: %w", s.Name, err)
		}
		h.lines = append(h.lines, l)
	}
	return h, nil
}

// Run tells what arrives until ctx ends. What has not been told by then is told
// by the next Run.
func (h *Hooks) Run(ctx context.Context) {
	h.forget()
	var all sync.WaitGroup
	for _, l := range h.lines {
		all.Go(func() { l.run(ctx) })
	}
	all.Wait()
}

// forget removes the journals of hooks that there are no more.
func (h *Hooks) forget() {
	entries, _ := os.ReadDir(h.o.Dir) // none yet, or unreadable, which its hooks will tell
	for _, e := range entries {
		if slices.ContainsFunc(h.lines, func(l *line) bool { return l.spec.Name == e.Name() }) {
			continue
		}
		err := os.RemoveAll(filepath.Join(h.o.Dir, e.Name()))
		h.o.Log.Info("hook is gone; what waited for it is forgotten", "hook", e.Name(), "err", err)
	}
}

// Arrived takes over events in their order; it never waits for anything but
// memory.
func (h *Hooks) Arrived(events []Event) {
	for _, l := range h.lines {
		l.take(events)
	}
}

// Flush returns once everything that has arrived is safely on disk, or an error
// when that could not be done in time. It needs a Run.
func (h *Hooks) Flush(patience time.Duration) error {
	late := make(chan struct{})
	defer time.AfterFunc(patience, func() { close(late) }).Stop()
	var errs []error
	for _, l := range h.lines {
		if err := l.flush(late); err != nil {
			errs = append(errs, fmt.Errorf("hook %q: %w", l.spec.Name, err))
		}
	}
	return errors.Join(errs...)
}

// Status is how the hooks get on, in the order of the options.
func (h *Hooks) Status() []control.HookStatus {
	var list []control.HookStatus
	for _, l := range h.lines {
		list = append(list, l.status())
	}
	return list
}

// file is the absolute path of an event's path.
func (o Options) file(path string) string { return filepath.Join(o.Root, path) }
