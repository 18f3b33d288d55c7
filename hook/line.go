package hook

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"time"
)

// saveEvery is how often it is written down what has been told. After a crash
// that much is told again.
const saveEvery = time.Second

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

// open opens the journal; while that fails, what arrives stays in the inbox. It
// reports whether it could before ctx ended.
func (l *line) open(ctx context.Context) bool {
	for n := 1; ; n++ {
		j, err := openJournal(filepath.Join(l.o.Dir, l.spec.Name))
		if err == nil {
			l.journal = j
			return true
		}
		l.tally.fail(err, time.Now())
		if n == 1 {
			l.log.Error("hook can't open its journal, will retry", "err", err)
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(backoff(n)):
		}
	}
}

// store moves the inbox to the journal, and returns when to try again if that
// failed.
func (l *line) store(now time.Time) time.Time {
	events, left, asked := l.inbox.open()
	if left > 0 {
		l.tally.collapse(left)
		events = append(events, l.collapsed(left, now))
	}
	events = l.room(events, now)
	if len(events) > 0 {
		if err := l.journal.append(events); err != nil {
			l.tally.fail(err, now)
			l.log.Error("hook can't write its journal, will retry", "err", err, "hint", "is the disk of "+l.o.Dir+" full?")
			l.inbox.keep(events)
			l.inbox.answer(asked, err)
			return now.Add(firstRetry)
		}
		if last := events[len(events)-1]; last.Kind == Collapsed {
			l.gap = gap{n: l.journal.next - 1, count: last.Count}
		}
	}
	if l.inbox.pending(asked) {
		l.inbox.answer(asked, l.journal.sync())
	}
	return time.Time{}
}

// gap is the event that stands for those left out. As long as it is not being
// told, it takes more.
type gap struct {
	n     uint64
	count int64  // 0 = there is none
	entry *entry // once it is in the window
}

// widen counts more events as left out, and reports whether that was in time.
func (g *gap) widen(count int64) bool {
	if g.count == 0 || g.entry != nil && g.entry.taken {
		return false
	}
	g.count += count
	if g.entry != nil {
		g.entry.Count = g.count
	}
	return true
}

// room leaves out what there is no room for.
func (l *line) room(events []Event, now time.Time) []Event {
	free := max(0, l.spec.Queue-int(l.journal.waiting()))
	if len(events) <= free {
		return events
	}
	var left, fresh int64
	for _, e := range events[free:] {
		left += max(1, e.Count)
		if e.Kind != Collapsed {
			fresh++
		}
	}
	l.tally.collapse(fresh)
	if l.gap.widen(left) {
		return events[:free]
	}
	l.log.Warn("hook is too far behind; what comes now is told as one event", "waiting", l.journal.waiting())
	return append(events[:free:free], l.collapsed(left, now))
}

// collapsed stands for so many events that are left out.
func (l *line) collapsed(count int64, now time.Time) Event {
	return Event{Kind: Collapsed, Path: ".", Dir: true, All: l.spec.AfterAll, Time: now, Count: count}
}

// fill reads from the journal what there is room for in memory.
func (l *line) fill(now time.Time) {
	for !l.window.full() {
		e, n, ok, err := l.journal.read()
		if err != nil {
			l.tally.fail(err, now)
			l.log.Error("hook can't read its journal", "err", err)
			return
		}
		if !ok {
			return
		}
		added := l.window.add(e, n, now)
		if n == l.gap.n && l.gap.count > 0 {
			l.gap.entry, added.Count = added, l.gap.count
		}
	}
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

// save writes down what has been told, once in a while and when there is
// nothing else to do. It returns when to do so.
func (l *line) save(now time.Time) time.Time {
	l.journal.settle(l.window.oldest(l.journal.reading))
	if l.journal.saved == l.journal.done {
		return time.Time{}
	}
	if due := l.saved.Add(saveEvery); due.After(now) {
		return due
	}
	l.saved = now
	if err := l.journal.save(); err != nil {
		l.tally.fail(err, now)
		l.log.Error("hook can't save how far it is; a crash now tells things twice", "err", err)
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
}
