package instance

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/config"
)

// target owns what one target still needs and the loop that sends it. Only the
// loop starts and settles jobs; anybody may offer changes.
type target struct {
	name   string
	module string                        // its name
	config atomic.Pointer[config.Target] // replaced as a whole, never changed

	// onlyListed says that the target's rsync has a fault; see rsync.Job. It is
	// found out anew in each life: rsync may have been updated.
	onlyListed atomic.Bool

	log     *slog.Logger
	ground  *ground
	sweeper *sweeper
	courier courier
	lanes   lanes

	wake   chan struct{} // 1: something changed, look again
	turns  turns         // of the loop
	walks  grievance     // of its own walks
	less   chan struct{} // 1: less is owed than before
	landed chan landing  // slots: so that a sender never waits for the loop
	probed chan error    // 1: one probe at a time
	urgent chan struct{} // 1: what must be saved at once; the instance's

	events   *hub          // the instance's, as the next three
	news     chan struct{} // 1: the state is another
	permits  *permits
	messages *messenger
	told     string // what hooks are told as its name

	mu       sync.Mutex // guards everything below
	ledger   *ledger
	circuit  circuit
	flights  map[*job]*flight
	paused   bool
	probing  bool
	asked    time.Time // the last probe
	sweeping bool
	leave    leave
	syncs    []*syncing // that are not done
	standing
	record
}

// flight is a job in the air, as the loop sees it.
type flight struct {
	cancel context.CancelFunc
	meter  *meter
	missed time.Time // a probe failed while it stood still
}

// courier carries jobs to one target.
type courier interface {
	// carry runs the rsyncs of one job to their end, or ends them when ctx
	// does.
	carry(ctx context.Context, j *job, m *meter) outcome
	// probe asks cheaply whether the target is there.
	probe(ctx context.Context) error
	// awayHint is what a person could do when the target does not answer.
	awayHint() string
	// contested reports whether jobs of other targets wait for this one's.
	contested() bool
}

// offer makes changes owed. It never waits for a transfer.
func (t *target) offer(changes []change.Change) {
	t.mu.Lock()
	for _, c := range changes {
		t.ledger.add(c)
	}
	t.mu.Unlock()
	t.nudge()
}

// settings are those in force.
func (t *target) settings() *config.Target { return t.config.Load() }

// nudge makes the loop look again.
func (t *target) nudge() { wakeUp(t.wake) }

// wakeUp makes the reader of a channel with one slot look again.
func wakeUp(ch chan<- struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// run sends what is owed until ctx ends; then it lets what is in the air land
// until drained ends.
func (t *target) run(ctx, drained context.Context) {
	var senders sync.WaitGroup
	defer senders.Wait()
	defer t.returnLeave()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		t.turns.turn()
		now := time.Now()
		t.retryDue(now)
		t.seeToLeave(ctx, &senders)
		t.dispatch(drained, &senders)
		t.sweepOwn(ctx, &senders)
		t.checkFlights(ctx, &senders)
		t.noteState(now)
		timer.Reset(t.pause(now))
		select {
		case <-ctx.Done():
		case <-t.wake:
		case <-timer.C:
		case l := <-t.landed:
			t.settle(l)
		case err := <-t.probed:
			t.answer(err)
		}
	}
	t.drain(drained)
}

// drain waits for the jobs in the air; those that are still there when ctx
// ends are ended and stay owed.
func (t *target) drain(ctx context.Context) {
	for t.inAir() > 0 {
		select {
		case l := <-t.landed:
			t.settle(l)
		case <-ctx.Done():
			t.settle(<-t.landed)
		}
	}
}

func (t *target) inAir() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.flights)
}

// retryDue owes again what is on the fail list and due.
func (t *target) retryDue(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.ledger.failing.due(now) {
		t.tally.Retries++
		t.ledger.add(c)
	}
}

// pause returns how long the loop may wait when nothing happens. now is from
// before the loop last looked at everything: what was due by then has had its
// chance, and waits for something to happen.
func (t *target) pause(now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	wait := time.Hour
	sooner := func(at time.Time) {
		if at.After(now) {
			wait = min(wait, at.Sub(now))
		}
	}
	sooner(t.ledger.wakeAt(now))
	sooner(t.ledger.failing.wakeAt())
	sooner(t.circuit.until)
	sooner(t.nextCheck())
	return wait
}
