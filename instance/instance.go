// Package instance runs one module: it owns the loop that connects watching,
// owing, planning, sending and remembering.
//
// Data flows one way. The watcher and walks of the tree offer changes to every
// target's ledger; each target's own loop turns what is owed into jobs, and
// what rsync answered into acknowledgements, retries, held deletions or
// entries of the fail list; the checkpoint follows the oldest change that is
// not settled. Targets share nothing but the source, so none can delay another.
//
// It does not read configuration, does not restart itself and knows nothing of
// other modules; package supervisor does that, in another process.
package instance

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

	"github.com/gofrs/flock"
	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/checkpoint"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/rsync"
	"github.com/syncsvc/syncsvc/watch"
)

// ErrTwin is returned when another process runs the same module.
var ErrTwin = errors.New("already running")

// Options say what to run and where to keep things.
type Options struct {
	Module   *config.Module
	StateDir string        // the module gets a folder of its own inside
	RunDir   string        // for the control socket
	LogDir   string        // for the fail log, when the module names no other place
	Drain    time.Duration // how long transfers may go on after a stop
	Log      *slog.Logger
	// Level is from which level on Log logs, set to that of the service; nil
	// when it can't be changed.
	Level *slog.LevelVar

	// Link is the end of the link to the supervisor, which Run closes; nil when
	// there is no supervisor.
	Link *control.Link
	// Budget is what the supervisor has to be asked for, and how much of it
	// there is in all; 0 when that is not known. It needs Link.
	Budget map[control.PermitKind]int
}

// instance is one running module. What it is made of runs in goroutines that
// Run starts and waits for.
type instance struct {
	Options
	started time.Time
	store   *checkpoint.Store
	life    checkpoint.Life // set when the module starts, and under saving when it ends
	ground  *ground
	source  *source
	sweeper *sweeper
	runner  *rsync.Runner
	threads *slots

	lifeline *lifeline
	events   *hub
	messages *messenger
	news     chan struct{} // 1: the herald should look
	usual    slog.Level    // of the log, when the module says nothing else

	// Both are replaced as a whole when the configuration changes, by the
	// goroutine of keepTargets, and never changed.
	config  atomic.Pointer[config.Module]
	present atomic.Pointer[[]*target]

	keeper turns // of keepCheckpoint

	urgent chan struct{} // 1: something must be saved at once

	saving      sync.Mutex      // held by who saves
	savedSource string          // as it is on disk; guarded by saving
	savedAway   string          // of the fail log; guarded by saving
	noted       checkpoint.Life // as it is on disk; guarded by saving

	pauses pauses
	syncs  syncs

	orders      chan order    // 0: handed over to the goroutine of keepTargets
	rescheduled chan struct{} // 1: the schedule is another
	gaining     sync.Mutex    // held while it is decided how targets catch up

	// owned by the goroutine of source
	arming bool      // the watcher has not asked for its first scan yet
	sweep  []*target // those that need it
}

// Run mirrors the module until ctx ends. It returns nil after a clean stop, an
// error wrapping [ErrTwin] when the module runs already, and any other error
// when it could not start.
func Run(ctx context.Context, o Options) error {
	home := filepath.Join(o.StateDir, o.Module.Name)
	if err := os.MkdirAll(home, 0o750); err != nil {
		return fmt.Errorf("make the state folder: %w", err)
	}
	unlock, err := lock(ctx, home, o.Module.Name)
	if err != nil {
		return err
	}
	defer unlock()
	in, err := newInstance(o, home)
	if err != nil {
		return err
	}
	defer in.runner.Close()
	return in.run(ctx)
}

// lockPatience is how long a lock may be held by what a killed process left: a
// child that it had forked and that has not yet become rsync.
const lockPatience = 5 * time.Second

// lock refuses a second process for the same module. The kernel lets go of it
// when the process dies, however that happens.
func lock(ctx context.Context, home, name string) (unlock func(), err error) {
	l := flock.New(filepath.Join(home, "lock"), flock.SetPermissions(0o600))
	patient, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	got, err := l.TryLockContext(patient, lockPatience/20)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("lock %s: %w", l.Path(), err)
	}
	if !got {
		return nil, fmt.Errorf("module %q: %w: another process holds %s", name, ErrTwin, l.Path())
	}
	return func() { _ = l.Unlock() }, nil
}

func newInstance(o Options, home string) (*instance, error) {
	as, err := identity(o.Module.Process)
	if err != nil {
		return nil, err
	}
	warnOfUser(o, as)
	store, err := checkpoint.Open(home)
	if err != nil {
		return nil, err
	}
	in := &instance{
		Options: o, started: time.Now(), store: store, runner: rsync.NewRunnerAs(as), urgent: make(chan struct{}, 1),
		ground:  &ground{root: o.Module.Watch, filter: o.Module.Filter},
		threads: newSlots(o.Module.Threads),

		lifeline: newLifeline(o), events: newHub(o.Module.Name), news: make(chan struct{}, 1),
		orders: make(chan order), rescheduled: make(chan struct{}, 1),
	}
	in.config.Store(o.Module)
	if in.messages, err = newMessenger(o, home, in.targets); err != nil {
		return nil, errors.Join(err, in.runner.Close())
	}
	if o.Level != nil {
		in.usual = o.Level.Level()
	}
	in.logAsConfigured()
	in.sweeper = &sweeper{
		ground: in.ground, log: o.Log, wake: make(chan struct{}, 1),
		trusted: func() bool { ok, _ := watch.TrustedTimes(o.Module.Watch); return ok },
	}
	in.source = &source{
		module: o.Module.Name, options: watchOptions(o), ground: in.ground, news: in.news,
		inlet: in.inlet, gained: in.gained, dropped: in.dropped,
	}
	in.source.options.Excluded = in.source.turns.with(o.Module.Filter.ExcludedName)
	if err := errors.Join(in.rememberSource(), in.rememberMounts(), in.rememberPauses()); err != nil {
		return nil, errors.Join(err, in.runner.Close())
	}
	var targets []*target
	for _, ct := range wanted(o.Module) {
		t, err := in.newTarget(o.Module, ct)
		if err != nil {
			return nil, errors.Join(err, in.runner.Close())
		}
		targets = append(targets, t)
	}
	in.present.Store(&targets)
	if err := in.beginLife(); err != nil {
		return nil, errors.Join(err, in.runner.Close())
	}
	return in, nil
}

func watchOptions(o Options) watch.Options {
	m := o.Module
	return watch.Options{
		Root: m.Watch, Backend: watch.Backend(m.Backend),
		Events: watch.Events(m.Events), Quiet: m.Settle.Quiet, AtMost: m.Settle.AtMost,
		PollEvery: m.PollEvery, Log: o.Log,
	}
}

// run starts everything and stops it in order: first what brings changes, then
// the senders, last the control socket.
func (in *instance) run(ctx context.Context) error {
	api, err := in.listen(ctx)
	if err != nil {
		return err
	}
	apiCtx, stopAPI := context.WithCancel(context.WithoutCancel(ctx))
	defer stopAPI()
	drained, stopDrain := context.WithCancel(context.WithoutCancel(ctx))
	defer stopDrain()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(in.Drain, stopDrain) })()

	hooksCtx, stopHooks := context.WithCancel(context.WithoutCancel(ctx))
	defer stopHooks()
	var senders, feeders, front, hooks sync.WaitGroup
	hooks.Go(func() { in.messages.run(hooksCtx) })
	apiErr := make(chan error, 1) // the one result of the API server
	front.Go(func() { apiErr <- api.Run(apiCtx) })
	front.Go(func() { in.lifeline.run(apiCtx, ctx, in.loops) })
	front.Go(func() { in.herald(apiCtx) })
	senders.Go(func() { in.keepTargets(ctx, drained) })
	feeders.Go(func() { in.sweeper.run(ctx) })
	feeders.Go(func() { _ = in.source.run(ctx) })
	feeders.Go(func() { in.keepSchedule(ctx) })
	feeders.Go(func() { in.keepCheckpoint(ctx) })
	feeders.Go(func() { in.keepMounts(ctx) })
	in.Log.Info("module starts", "watch", in.module().Watch, "targets", len(in.targets()))
	feeders.Wait()
	senders.Wait()
	err = errors.Join(in.save(true), in.endLife())
	stopHooks()
	hooks.Wait()
	stopAPI()
	front.Wait()
	in.Log.Info("module stopped")
	return errors.Join(err, <-apiErr)
}

// inlet takes what the watcher saw. It is called by the watcher's reader and
// never waits for a transfer.
func (in *instance) inlet(seen []change.Change) {
	plain := seen[:0:0]
	for _, c := range seen {
		c = in.ground.arrived(c)
		if c.Scope == change.Scan {
			if scanners := in.scanners(); len(scanners) > 0 {
				in.sweeper.ask(c, scanners)
			}
			continue
		}
		plain = append(plain, c)
	}
	if len(plain) == 0 {
		return
	}
	for _, t := range in.targets() {
		t.offer(plain)
	}
}

// dropped ends every job: what they read can't be believed any more.
func (in *instance) dropped() {
	for _, t := range in.targets() {
		t.endAll()
	}
}

// compareAll is the comparison of everything at and beneath path.
func compareAll(path string) change.Change {
	return change.Change{Path: path, Scope: change.Tree, Quick: true, Swept: true, Spare: true, Since: time.Now()}
}
