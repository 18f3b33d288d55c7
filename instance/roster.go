package instance

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// module is the configuration in force.
func (in *instance) module() *config.Module { return in.config.Load() }

// targets are those that there are now. The slice is not changed.
func (in *instance) targets() []*target { return *in.present.Load() }

// newTarget makes a target of m with all that is known of it from earlier. It
// does nothing before it runs.
func (in *instance) newTarget(m *config.Module, ct config.Target) (*target, error) {
	log := in.Log.With("target", ct.URL)
	t := &target{
		name: ct.URL, module: m.Name, log: log, ground: in.ground, sweeper: in.sweeper,
		lanes:  newLanes(share(m), ct.Rsync.BWLimit),
		wake:   make(chan struct{}, 1),
		less:   make(chan struct{}, 1),
		landed: make(chan landing, m.Threads),
		probed: make(chan error, 1),
		urgent: in.urgent,
		events: in.events, news: in.news, permits: &in.lifeline.permits, messages: in.messages, told: ct.URL,

		ledger:  newLedger(m.FailLog.RetryEvery, maxOwed),
		flights: make(map[*job]*flight),
	}
	t.jobTimes, t.delays = control.NewHistogram(), control.NewHistogram()
	t.config.Store(&ct)
	t.courier = &courierTo{in: in, t: t}
	if t.isAlone() {
		t.courier, t.told = &courierAlone{in}, ""
	}
	t.paused = in.pauses.holds(ct.URL)
	return t, in.remember(t)
}

// share is how many of the module's threads a target has.
func share(m *config.Module) int { return max(1, m.Threads/len(wanted(m))) }

// keepTargets runs the targets until ctx ends and each has landed what it had
// in the air. It is the only one that changes the configuration in force and
// which targets there are.
func (in *instance) keepTargets(ctx, drained context.Context) {
	c := crew{ctx: ctx, drained: drained, patience: in.Drain, stops: make(map[*target]func())}
	for _, t := range in.targets() {
		c.start(t)
	}
	for {
		select {
		case <-ctx.Done():
			c.running.Wait()
			return
		case o := <-in.orders:
			message, err := in.reconfigure(&c, o.module)
			o.answer <- reply{message, err}
		}
	}
}

// crew is the goroutines of the targets. It lives as long as keepTargets, to
// which it belongs.
type crew struct {
	ctx, drained context.Context
	patience     time.Duration // for what a removed target has in the air
	running      sync.WaitGroup
	stops        map[*target]func() // each waits until its target has stopped
}

func (c *crew) start(t *target) {
	ctx, stop := context.WithCancel(c.ctx)
	drained, giveUp := context.WithCancel(c.drained)
	ended := make(chan struct{})
	c.running.Go(func() {
		defer giveUp()
		defer close(ended)
		t.run(ctx, drained)
	})
	c.stops[t] = func() {
		stop()
		defer time.AfterFunc(c.patience, giveUp).Stop()
		<-ended
	}
}

// stop lets what t has in the air land and ends its loop.
func (c *crew) stop(t *target) {
	c.stops[t]()
	delete(c.stops, t)
}

// retarget brings the targets in line with m, which is in force already. Those
// that come have been made.
func (in *instance) retarget(c *crew, m *config.Module, come []*target) error {
	known := in.targets()
	var list []*target
	for _, ct := range wanted(m) {
		same := func(t *target) bool { return t.name == ct.URL }
		i := slices.IndexFunc(known, same)
		if i < 0 {
			list = append(list, come[slices.IndexFunc(come, same)])
			continue
		}
		known[i].adopt(m, ct)
		list = append(list, known[i])
	}
	seen := in.source.horizon() // up to here, those that go were told everything
	in.admit(c, list, come)
	var errs []error
	for _, t := range known {
		if slices.Contains(list, t) {
			continue
		}
		c.stop(t)
		errs = append(errs, in.part(t, seen))
		t.log.Info("target removed; what is known of it is kept")
	}
	return errors.Join(errs...)
}

// adopt takes over the settings of ct that can change while t runs.
func (t *target) adopt(m *config.Module, ct config.Target) {
	defer t.nudge()
	t.config.Store(&ct)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lanes = newLanes(share(m), ct.Rsync.BWLimit)
	t.ledger.failing.longest = m.FailLog.RetryEvery
}

// admit makes list the targets of the module and lets those that come catch
// up. What changes from the moment on at which list is in force is offered to
// them; what changed before is found by the walk or full sync that begins
// after it. Until that is owed, their checkpoints stay where they are.
func (in *instance) admit(c *crew, list, come []*target) {
	guard := &request{}
	for _, t := range come {
		t.hold(guard, change.Change{Path: change.Root, Scope: change.Scan, Since: t.firstLack(time.Now())})
	}
	in.present.Store(&list)
	for _, t := range come {
		in.welcome(t)
		t.release(guard)
		c.start(t)
		t.log.Info("target added")
	}
}

// firstLack is the moment from which on t lacks changes.
func (t *target) firstLack(now time.Time) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.upto.IsZero() {
		return now
	}
	return t.upto
}

// welcome lets a target that came later catch up; without a source, gained will
// do that when there is one.
func (in *instance) welcome(t *target) {
	in.gaining.Lock()
	defer in.gaining.Unlock()
	if !in.ground.firm() {
		return
	}
	now := time.Now()
	if from, scan := in.catchUp(t, in.source.identity(), false, time.Time{}, now); scan {
		in.sweeper.ask(change.Change{Path: change.Root, Scope: change.Scan, Since: earlier(from, now)}, []*target{t})
	}
}

// part saves how far a target has come that is removed: should it come back,
// it catches up from there.
func (in *instance) part(t *target, seen time.Time) error {
	in.saving.Lock()
	defer in.saving.Unlock()
	return in.saveTarget(t, seen, true)
}
