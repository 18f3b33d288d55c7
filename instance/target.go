package instance

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/checkpoint"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// target owns what one target still needs and the loop that sends it. Only the
// loop starts and settles jobs; anybody may offer changes.
type target struct {
	name    string
	config  config.Target
	log     *slog.Logger
	ground  *ground
	sweeper *sweeper
	courier courier
	lanes   lanes

	wake   chan struct{} // 1: something changed, look again
	less   chan struct{} // 1: less is owed than before
	landed chan landing  // slots: so that a sender never waits for the loop
	probed chan error    // 1: one probe at a time
	urgent chan struct{} // 1: what must be saved at once; the instance's

	mu         sync.Mutex // guards everything below
	ledger     *ledger
	circuit    circuit
	mark       *checkpoint.Mark // of an earlier life; nil when there is none to trust
	markWhy    string           // why there is none
	based      bool             // the target has had a full sync, or needs none
	strict     bool             // every deletion is held until a full sync is done
	source     string           // identity of the root it is filled from
	paused     bool
	upto       time.Time
	savedAt    time.Time // when the checkpoint was last written
	tally      control.Counters
	success    time.Time // last job that was answered
	lastErr    string
	errAt      time.Time
	flights    map[*job]*flight
	probing    bool
	asked      time.Time // the last probe
	sweeping   bool
	deletions  []deletion    // of guarded jobs, the last minute's
	stateSeen  control.State // as last shown
	stateSince time.Time
}

// flight is a job in the air, as the loop sees it.
type flight struct {
	cancel context.CancelFunc
	meter  *meter
	missed time.Time // a probe failed while it stood still
}

type landing struct {
	job     *job
	outcome outcome
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
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		now := time.Now()
		t.retryDue(now)
		t.dispatch(drained, &senders)
		t.sweepOwn(ctx, &senders)
		t.checkFlights(ctx, &senders)
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

// dispatch starts every job that may start now.
func (t *target) dispatch(ctx context.Context, senders *sync.WaitGroup) {
	for {
		if !t.mayStart(ctx, senders) {
			return
		}
		j, stale := t.next()
		t.endStale(stale)
		if j == nil {
			return
		}
		if len(j.items) > 0 {
			t.launch(ctx, j, senders)
		} else if len(stale) > 0 {
			return // it waits for those to land
		}
	}
}

// mayStart reports whether the target takes jobs now. A target that failed is
// probed first, and then tried with one job, whatever else is in the air.
func (t *target) mayStart(ctx context.Context, senders *sync.WaitGroup) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	switch {
	case t.paused || !t.ground.firm():
		return false
	case !t.circuit.open():
		return true
	case !t.circuit.due(now):
		return false
	case !t.circuit.probed:
		t.startProbe(ctx, senders)
		return false
	}
	if !t.ledger.work() {
		// nothing else would ever show that it is well again
		t.ledger.add(change.Change{Path: change.Root, Quick: true, Since: now})
	}
	return true
}

// startProbe asks whether the target is there; the caller holds mu.
func (t *target) startProbe(ctx context.Context, senders *sync.WaitGroup) {
	if t.probing {
		return
	}
	t.probing, t.asked = true, time.Now()
	senders.Go(func() { t.probed <- t.courier.probe(ctx) })
}

// next picks a job and fits it to what is on disk. The lock is not held while
// looking at the disk, so that offer never waits for it.
func (t *target) next() (j *job, stale []string) {
	t.mu.Lock()
	j = t.ledger.pick(time.Now(), t.lanes)
	t.mu.Unlock()
	if j == nil {
		return nil, nil
	}
	seen := t.ground.look(j.items)
	t.mu.Lock()
	defer t.mu.Unlock()
	if seen == nil { // the root is gone: nothing on disk can be believed
		t.ledger.settle(j, outcome{verdict: undone}, time.Now())
		return nil, nil
	}
	for i := range j.items {
		j.items[i].seen = seen[i]
	}
	return j, t.ledger.refine(j, t.lanes, t.config.Delete)
}

// endStale ends bulk jobs that send what is no longer there.
func (t *target) endStale(stale []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for j, f := range t.flights {
		for _, p := range stale {
			if j.lane == bulk && j.shape == flat && change.Within(j.items[0].Path, p) {
				f.cancel()
			}
		}
	}
}

// endAll ends every job in the air; what they had is owed again.
func (t *target) endAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.flights {
		f.cancel()
	}
}

// launch carries j in the background.
func (t *target) launch(ctx context.Context, j *job, senders *sync.WaitGroup) {
	ctx, cancel := context.WithCancel(ctx)
	f := &flight{cancel: cancel, meter: &meter{}}
	t.mu.Lock()
	t.flights[j] = f
	j.source = t.source
	if t.circuit.open() {
		t.circuit.trial = j
	}
	t.mu.Unlock()
	t.log.Debug("job starts", "shape", j.shape.String(), "paths", len(j.items), "first", j.items[0].Path)
	senders.Go(func() {
		defer cancel()
		t.landed <- landing{j, t.courier.carry(ctx, j, f.meter)}
	})
}

// settle draws the conclusions from a job that has landed.
func (t *target) settle(l landing) {
	now := time.Now()
	t.mu.Lock()
	delete(t.flights, l.job)
	trial := t.circuit.trial == l.job
	if trial {
		t.circuit.trial = nil
	}
	if l.job.source != t.source && l.outcome.verdict == undone {
		l.job.sweep()
	}
	t.ledger.settle(l.job, l.outcome, now)
	t.count(l.job, l.outcome, now)
	precious := l.outcome.verdict == withheld || l.job.whole()
	t.mu.Unlock()
	if precious {
		wakeUp(t.urgent)
	}
	wakeUp(t.less)
	t.judge(l.outcome, trial, now)
	t.log.Debug("job lands", "shape", l.job.shape.String(), "paths", len(l.job.items),
		"verdict", l.outcome.verdict, "reason", l.outcome.reason, "took", now.Sub(l.job.started))
}

// count keeps the tally; the caller holds mu.
func (t *target) count(j *job, o outcome, now time.Time) {
	t.tally.Jobs++
	t.tally.Sent += o.sent
	t.tally.BytesSent += o.bytesOut
	t.tally.BytesReceived += o.bytesIn
	if o.verdict != withheld && o.deletions > 0 {
		t.tally.Deleted += int64(o.deletions)
		if o.counted {
			t.deletions = append(t.deletions, deletion{now, o.deletions})
		}
	}
	if o.verdict == answered && j.shape == rename {
		t.tally.Renamed++
	}
	if j.whole() && j.source == t.source && (o.verdict == answered || o.verdict == withheld) {
		t.tally.FullSyncs++
		t.based, t.strict = true, false
	}
	if o.verdict == answered || o.verdict == withheld {
		t.success = now
	}
	if o.reason != "" {
		t.lastErr, t.errAt = o.reason, now
		t.tally.Errors++
	}
}

// judge opens or closes the circuit. It is closed by a trial only: other jobs
// may have begun before the target failed.
func (t *target) judge(o outcome, trial bool, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case o.blame:
		t.fail(now, o.trouble, o.reason, o.hint)
	case trial && (o.verdict == answered || o.verdict == withheld || o.verdict == unexplained):
		if n := t.circuit.ok(); n > 0 {
			t.log.Info("target is back", "failures", n)
		}
	}
	switch {
	case o.verdict == withheld:
		t.log.Warn("deletions held", "count", o.deletions, "reason", o.reason, "hint", o.hint)
	case t.ledger.failing.news > 0:
		latest := t.ledger.failing.list()[0]
		t.log.Warn("some paths failed, will retry", "count", t.ledger.failing.news,
			"path", latest.Path, "reason", latest.reason)
		t.ledger.failing.news = 0
	}
}

// fail opens the circuit or keeps it open. An outage is a warning once; what is
// learnt of it later is told without. The caller holds mu.
func (t *target) fail(now time.Time, kind trouble, reason, hint string) {
	switch t.circuit.fail(now, kind, reason, hint) {
	case outbreak:
		t.log.Warn("target is away, will retry", "reason", reason, "hint", hint)
	case another:
		t.log.Info("target is still away", "reason", reason, "hint", hint)
	}
}

// retryDue owes again what is on the fail list and due.
func (t *target) retryDue(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.ledger.failing.due(now) {
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

// uploads returns the files that bulk jobs other than j are sending.
func (t *target) uploads(j *job) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []string
	for other := range t.flights {
		if other == j || other.lane != bulk || other.shape == tree {
			continue
		}
		for _, it := range other.items {
			if it.Scope == change.Entry {
				out = append(out, it.Path)
			}
		}
	}
	return out
}

func (t *target) isStrict() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.strict
}

// lately is how far back deletions count towards the limit: a limit of ten is
// not kept by deleting nine at a time.
const lately = time.Minute

type deletion struct {
	at    time.Time
	count int
}

// deletedLately is how many entries guarded jobs deleted in the last minute.
func (t *target) deletedLately() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, cut := 0, time.Now().Add(-lately)
	kept := t.deletions[:0]
	for _, d := range t.deletions {
		if d.at.After(cut) {
			kept = append(kept, d)
			n += d.count
		}
	}
	t.deletions = kept
	return n
}
