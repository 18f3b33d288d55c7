// Package watch turns kernel notifications for one tree into changes, and says
// so when it has lost track.
//
// It hears of changes by inotify, by a fanotify mark on the whole file system,
// or, where neither works, looks again now and then. Whatever it hears only
// says where to look: it does not read files, does not remember what a folder
// held, and does not walk the tree for changes. When it may have missed some
// it emits a Scan, and somebody else walks.
//
// What the kernel does not tell, it cannot: stores through mmap, writes by a
// name outside the tree to a file with another name inside, and writes to a
// nameless file that was linked into another folder than it was opened in.
package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Backend is a way of hearing of changes.
type Backend string

// The backends. Auto is inotify, or fanotify when the tree has more folders
// than inotify should be asked to watch, or polling where the file system is
// changed by others than our kernel.
const (
	Auto     Backend = "auto"
	Inotify  Backend = "inotify"
	Fanotify Backend = "fanotify"
	Poll     Backend = "poll"
)

// Defaults for what Options leaves zero.
const (
	DefaultQuiet     = 2 * time.Second
	DefaultAtMost    = 30 * time.Second
	DefaultPollEvery = 10 * time.Minute
)

// Options says what to watch, and how.
type Options struct {
	// Root is the absolute path of the tree. It may be, or go through, a link.
	Root string
	// Backend is which to use; "" is Auto. One that does not work here is
	// replaced by one that does: see Status.Why.
	Backend Backend
	// Excluded reports whether the last name of path, relative to the root, is
	// left out with all beneath it. The folders above are known to be included.
	// It is called from several goroutines while Open runs. nil leaves out
	// nothing.
	Excluded func(path string, dir bool) bool
	// Events says which kinds are told of; the zero value is AllEvents.
	Events Events
	// A file that is modified and not closed is told of once it was quiet for
	// Quiet, or AtMost after the first modification.
	Quiet, AtMost time.Duration
	// PollEvery is how often what cannot be watched is looked at.
	PollEvery time.Duration
	// Log takes what a person should know; nil discards it.
	Log *slog.Logger

	// Tests set these. beforeRead is called before each read of the queue;
	// mostWatches is how many watches Auto takes before it tries fanotify.
	beforeRead  func()
	mostWatches int
}

func (o Options) withDefaults() Options {
	if o.Backend == "" {
		o.Backend = Auto
	}
	if o.Events == (Events{}) {
		o.Events = AllEvents()
	}
	o.Quiet = orDefault(o.Quiet, DefaultQuiet)
	o.AtMost = orDefault(o.AtMost, DefaultAtMost)
	o.PollEvery = orDefault(o.PollEvery, DefaultPollEvery)
	if o.mostWatches == 0 {
		o.mostWatches = watchesToTry()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func orDefault(d, standard time.Duration) time.Duration {
	if d <= 0 {
		return standard
	}
	return d
}

// Watcher watches one tree.
type Watcher struct {
	site   *site
	digest *digest
	place  rootPlace
	mount  mount // the one the root is on; zero when not known
	begun  time.Time
	pause  func() // Options.beforeRead
	why    string // the choice of backend; owned by the goroutine in Run
	tried  bool   // fanotify was tried after watches ran out; same owner

	src     source    // replaced only under mu, by the goroutine in Run
	now     time.Time // when the turn began; owned by the goroutine in Run
	drained time.Time // everything before it was read; same owner
	checked time.Time // when the root was last looked at; same owner

	turns atomic.Int64 // of Run

	mu        sync.Mutex
	busy      bool      // events were read that are not emitted
	empty     time.Time // everything before it was read and is emitted or in pending
	pending   time.Time // the oldest change that waits for something; zero: none
	status    Status
	mounts    []string
	lost      []string
	pollAfter time.Time     // what is polled has to be looked at after it
	running   chan struct{} // closed when Run has returned; nil before it began
	closed    bool
	bell      int // an eventfd that ends the wait in Run
}

var errClosed = errors.New("watcher is closed")

// Open arms the whole tree and returns when it is armed; ctx ends that early.
// What changed while it ran is not lost: the first thing Run emits is a Scan
// of the root since the start of Open, which a caller that is about to scan
// anyway merges into its own.
func Open(ctx context.Context, o Options) (*Watcher, error) {
	o = o.withDefaults()
	w := &Watcher{begun: time.Now(), busy: true, pause: o.beforeRead, bell: -1}
	if err := w.open(ctx, o); err != nil {
		_ = w.release()
		return nil, fmt.Errorf("watch %s: %w", o.Root, err)
	}
	w.tellScan(w.begun)
	w.drained, w.empty, w.checked = w.begun, w.begun, w.begun
	w.setMounts()
	w.publish()
	return w, nil
}

func (w *Watcher) open(ctx context.Context, o Options) error {
	if !filepath.IsAbs(o.Root) {
		return errors.New("path is not absolute")
	}
	w.site = &site{root: filepath.Clean(o.Root), excluded: o.Excluded, polls: newPolls(o.PollEvery), log: o.Log}
	if err := w.findRoot(); err != nil {
		return err
	}
	var err error
	if w.bell, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return fmt.Errorf("make an eventfd: %w", err)
	}
	w.site.mounts, err = openMounts(w.site)
	if err == nil {
		err = w.findMount()
	}
	if err != nil {
		o.Log.Warn("mounts inside the tree are not followed", "err", err)
	}
	w.digest = newDigest(w.site, o.Events, o.Quiet, o.AtMost)
	return w.choose(ctx, o.Backend, o.mostWatches)
}

// findRoot resolves the root and remembers what is there.
func (w *Watcher) findRoot() error {
	var err error
	if w.site.real, err = filepath.EvalSymlinks(w.site.root); err != nil {
		return err
	}
	if w.place, err = lookAtRoot(w.site.root); err != nil {
		return &os.PathError{Op: "stat", Path: w.site.root, Err: err}
	}
	st, err := statx(w.site.real, unix.STATX_TYPE)
	if err == nil && st.Mode&unix.S_IFMT != unix.S_IFDIR {
		err = unix.ENOTDIR
	}
	return err
}

// Close ends Run, if it is running, waits for it and lets go of everything the
// kernel holds. Run then returns nil.
func (w *Watcher) Close() error {
	w.mu.Lock()
	already, running := w.closed, w.running
	w.closed = true
	w.mu.Unlock()
	if already {
		return nil
	}
	w.ring()
	if running != nil {
		<-running
	}
	return w.release()
}

// ring ends the wait in Run.
func (w *Watcher) ring() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.bell >= 0 {
		_, _ = unix.Write(w.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
}

func (w *Watcher) release() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var errs []error
	if w.src != nil {
		errs = append(errs, w.src.close())
	}
	if w.site != nil && w.site.mounts != nil {
		errs = append(errs, w.site.mounts.close())
	}
	if w.bell >= 0 {
		errs = append(errs, unix.Close(w.bell))
		w.bell = -1
	}
	return errors.Join(errs...)
}
