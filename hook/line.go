package hook

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// teller tells one receiver, once.
type teller interface {
	// tell returns once the receiver has taken all the events, which are of one
	// target. The id is the same when they are told again.
	tell(ctx context.Context, id string, events []Event) error
	// close lets go of connections; tell is not called any more.
	close()
}

// line is one hook: what waits for it, and the loop that tells.
type line struct {
	o       Options
	spec    Spec
	log     *slog.Logger
	matches func(Event) bool
	teller  teller
	collect time.Duration

	wake chan struct{} // 1: look again

	inbox inbox
	tally tally

	// owned by run
	journal *journal
	window  *window
	flying  int
	outage  outage
	gap     gap
	landed  chan landing // of the spec's concurrency: so that nobody waits for the loop
	saved   time.Time    // when the journal was
}

// landing is an attempt that has ended.
type landing struct {
	d   *delivery
	err error
}

// outage is how often in a row the receiver was away.
type outage struct {
	count int
	until time.Time // nothing is tried before
}

func newLine(o Options, s Spec) (*line, error) {
	matches, err := newMatcher(o, s)
	if err != nil {
		return nil, err
	}
	t, err := newTeller(o, s)
	if err != nil {
		return nil, err
	}
	return &line{
		o: o, spec: s, log: o.Log.With("hook", s.Name), matches: matches, teller: t, collect: s.Every,
		wake: make(chan struct{}, 1), inbox: inbox{limit: s.Queue, news: make(chan struct{})},
		window: newWindow(s.Batch), landed: make(chan landing, s.Concurrency),
	}, nil
}

// take puts what the hook wants of some events into its inbox.
func (l *line) take(events []Event) {
	var wanted []Event
	for _, e := range events {
		if l.matches(e) {
			wanted = append(wanted, e)
		}
	}
	if len(wanted) == 0 {
		return
	}
	l.inbox.put(wanted)
	l.nudge()
}

func (l *line) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run tells until ctx ends.
func (l *line) run(ctx context.Context) {
	defer l.inbox.shut()
	defer l.teller.close()
	if !l.open(ctx) {
		return
	}
	patient, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	var attempts sync.WaitGroup
	defer attempts.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		now := time.Now()
		again := l.store(now)
		l.fill(now)
		again = earliest(again, l.start(patient, now, &attempts))
		again = earliest(again, l.save(now))
		l.count()
		timer.Reset(until(again, now))
		select {
		case <-ctx.Done():
		case <-l.wake:
		case <-timer.C:
		case a := <-l.landed:
			l.settle(a, time.Now())
		}
	}
	l.drain(giveUp)
}

// until is how long a timer has to run for a moment; an hour for none.
func until(at, now time.Time) time.Duration {
	if at.IsZero() {
		return time.Hour
	}
	return max(0, at.Sub(now))
}

// start begins what can be told now, and returns when there may be more.
func (l *line) start(ctx context.Context, now time.Time, attempts *sync.WaitGroup) time.Time {
	if l.outage.until.After(now) {
		return l.outage.until
	}
	most := l.spec.Concurrency
	if l.outage.count > 0 {
		most = 1 // to see whether it is back
	}
	for l.flying < most {
		d, later := l.window.next(now, l.collect)
		if d == nil {
			return later
		}
		l.flying++
		attempts.Go(func() { l.landed <- landing{d, l.attempt(ctx, d)} })
	}
	return time.Time{}
}

// drain lets attempts go on for a while, and saves.
func (l *line) drain(giveUp func()) {
	defer time.AfterFunc(l.o.Drain, giveUp).Stop()
	for l.flying > 0 {
		if a := <-l.landed; a.err == nil {
			l.settle(a, time.Now())
		} else {
			l.flying-- // it is told again by the next run
		}
	}
	now := time.Now()
	l.store(now)
	l.journal.settle(l.window.oldest(l.journal.reading))
	if err := l.journal.close(); err != nil {
		l.log.Error("hook can't save how far it is; things will be told twice", "err", err)
	}
	l.count()
}

func (l *line) count() {
	l.tally.wait(int64(l.journal.waiting()), l.outage)
	l.inbox.moved()
}
