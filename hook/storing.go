package hook

import (
	"context"
	"path/filepath"
	"time"
)

// saveEvery is how often it is written down what has been told. After a crash
// that much is told again.
const saveEvery = time.Second

// open opens the journal; while that fails, what arrives stays in the inbox. It
// reports whether it could before ctx ended.
func (l *line) open(ctx context.Context) bool {
	for n := 1; ; n++ {
		j, err := openJournal(filepath.Join(l.o.Dir, l.spec.Name))
		if err == nil {
			l.journal = j
			l.count()
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
