package supervisor

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os/exec"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/child"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// keeperOptions say what a keeper keeps alive, and whom it tells.
type keeperOptions struct {
	Name    string
	Home    string         // the module's folder in the state folder; made when it is missing
	Module  *config.Module // in force at first; see keeper.configure
	Starter *child.Starter
	// RunDir and LogDir are those of the service; "" where no module of it runs
	// as another user.
	RunDir, LogDir string

	// Command returns program and arguments of a child for a module; a new one
	// for each start.
	Command func(*config.Module) *exec.Cmd

	Drain     time.Duration // what a child may take to end in good order
	HungAfter time.Duration // without a beat for so long it is taken for hung; 0: never. Guarded by mu

	// Output gets each line the child writes, log records and other text alike,
	// without its end; of the report of a crash only the first ones, as all of it
	// is in the dump. It is valid during the call only. nil: nobody does.
	Output func(line []byte)
	// Event gets the starts, deaths and stops of the child; without a Seq. nil:
	// nobody does.
	Event func(control.Event)
	// Broker grants the permits that children ask for; nil: all at once.
	Broker *broker
	Log    *slog.Logger
}

// keeper keeps one module's child alive. What is wanted (want, restart,
// configure) and what is (status) are apart: the first three only leave word
// and return at once; run acts on it. All methods may be called by anybody at
// any time, also before and after run; run itself only once.
//
//   - A child that ends without being asked is started again, after 1 second,
//     doubling to 60; the count begins anew after a stable minute, and with any
//     word left by anybody.
//   - A child that ends with exit code 6 says that its configuration has to be
//     corrected. It is left alone until somebody leaves word.
//   - A child without a beat for HungAfter is made to dump its goroutines, and
//     killed.
//   - Whatever a child started is killed when it is gone.
type keeper struct {
	keeperOptions
	policy policy
	wake   chan struct{} // 1: there is new word for run
	ready  chan struct{} // see Ready

	mu      sync.Mutex
	word    orders
	now     keeperStatus
	settled bool // ready is closed
}

// keeperStatus is what a keeper knows of its module. It is a copy; Deaths is
// shared and must not be changed.
type keeperStatus struct {
	// State is Starting (the child has not said that it is ready), Live (it has,
	// and its own status tells more), Backoff (it died and will be started
	// again), Stopped (it is not wanted) or Misconfigured.
	State        control.State
	Reason, Hint string
	Since        time.Time

	Pid       int       // 0: there is no child
	Started   time.Time // of the child, or of the last one; zero: there was none
	NextStart time.Time // zero unless in Backoff
	Restarts  int       // after deaths, since run began
	Deaths    []control.Death
	Memory    int64 // bytes resident, of the child alone
}

// newKeeper returns a keeper that wants its module up; see want.
func newKeeper(o keeperOptions) *keeper {
	if o.Broker == nil {
		o.Broker = &broker{}
	}
	return &keeper{
		keeperOptions: o, policy: usualPolicy(),
		wake: make(chan struct{}, 1), ready: make(chan struct{}),
		word: orders{up: true, module: o.Module},
		now:  keeperStatus{State: control.Starting, Since: time.Now()},
	}
}

// Ready is closed when it is known how the first start went: the child said
// that it is armed or why it waits, or it died, or it is not wanted. The service
// as a whole is ready when all its keepers are.
func (k *keeper) Ready() <-chan struct{} { return k.ready }

// status returns what is at the moment.
func (k *keeper) status() keeperStatus {
	k.mu.Lock()
	s := k.now
	k.mu.Unlock()
	if s.Pid != 0 {
		s.Memory = child.Resident(s.Pid)
	}
	return s
}

// set changes what is.
func (k *keeper) set(change func(*keeperStatus)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	was := k.now.State
	change(&k.now)
	if k.now.State != was {
		k.now.Since = time.Now()
	}
	if k.now.State != control.Starting && !k.settled {
		k.settled = true
		close(k.ready)
	}
}

// run keeps the child as it is wanted until ctx ends; then it ends the child in
// good order and returns.
func (k *keeper) run(ctx context.Context) {
	k.remember()
	var past history
	for ctx.Err() == nil {
		word := k.orders()
		if !word.up {
			k.rest(ctx, word)
			past = history{}
			continue
		}
		d := k.live(ctx, word)
		if d == nil {
			past = history{}
			continue
		}
		past = k.mourn(ctx, word, past, d)
	}
	k.set(func(s *keeperStatus) {
		s.State, s.Reason, s.Hint, s.NextStart = control.Stopped, "the service stops", "", time.Time{}
	})
}

// rest waits until the module is wanted.
func (k *keeper) rest(ctx context.Context, word orders) {
	k.set(func(s *keeperStatus) {
		s.State, s.Reason, s.Hint = control.Stopped, "stopped on request", fmt.Sprintf("syncsvc start %s", k.Name)
	})
	k.untilWord(ctx, word, 0)
}

// mourn records a death and waits for as long as the verdict says.
func (k *keeper) mourn(ctx context.Context, word orders, past history, d *death) history {
	v := k.policy.judge(past, d.exit, rand.Float64())
	k.record(d.Death)
	k.Log.Error("module died", "verdict", v.reason, "cause", d.Cause, "lived", d.lived.Round(time.Millisecond),
		"in_a_row", v.next.row, "restart_in", v.delay.Round(time.Millisecond), "hint", d.hint)
	k.event(control.EventDied, fmt.Sprintf("died after %s: %s", d.lived.Round(time.Millisecond), d.Cause), d.hint)
	k.set(func(s *keeperStatus) {
		s.State, s.Reason, s.Hint = control.Backoff, d.Cause, d.hint
		s.NextStart = time.Now().Add(v.delay)
		if v.giveUp {
			s.State, s.NextStart = control.Misconfigured, time.Time{}
		}
	})
	wait, known := v.delay, k.orders()
	if v.giveUp {
		// What has been said since it was started may be the correction.
		wait, known = 0, word
	}
	if k.untilWord(ctx, known, wait) {
		v.next = history{}
	}
	if ctx.Err() == nil && k.orders().up {
		k.set(func(s *keeperStatus) { s.Restarts++ })
	}
	return v.next
}

// untilWord waits for ctx, for another word than the one known, or, unless it
// is 0, until wait has passed. It reports whether there is new word.
func (k *keeper) untilWord(ctx context.Context, known orders, wait time.Duration) bool {
	var over <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		over = timer.C
	}
	for k.orders() == known {
		select {
		case <-ctx.Done():
			return false
		case <-over:
			return false
		case <-k.wake:
		}
	}
	return true
}

func (k *keeper) event(kind control.EventKind, text, hint string) {
	if k.Event != nil {
		k.Event(control.Event{Time: time.Now(), Kind: kind, Module: k.Name, Text: text, Hint: hint})
	}
}
