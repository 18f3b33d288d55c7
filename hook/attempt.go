package hook

import (
	"context"
	"fmt"
	"time"
)

// attempt tells a delivery once.
func (l *line) attempt(ctx context.Context, d *delivery) error {
	ctx, cancel := context.WithTimeout(ctx, l.spec.Timeout)
	defer cancel()
	return l.teller.tell(ctx, l.identify(d), d.events())
}

// identify names a delivery by its first event, so that a receiver can tell
// when it gets one twice.
func (l *line) identify(d *delivery) string {
	return fmt.Sprintf("%s/%s/%d", l.o.Module, l.spec.Name, d.entries[0].n)
}

// settle draws the conclusions from an attempt.
func (l *line) settle(a landing, now time.Time) {
	l.flying--
	if a.err == nil {
		l.recovered()
		l.window.settle(a.d)
		l.tally.deliver(int64(len(a.d.entries)), now)
		return
	}
	a.d.tries++
	l.tally.fail(a.err, now)
	after, away := isAway(a.err)
	if away {
		l.suspend(a, after, now)
	} else {
		l.recovered()
	}
	if isFinal(a.err) || now.Sub(a.d.began) >= l.spec.GiveUp {
		l.giveUp(a, now)
		return
	}
	due := now.Add(backoff(a.d.tries))
	if away {
		due = l.outage.until
	} else if a.d.tries == 1 {
		l.log.Warn("hook failed, will retry", "path", a.d.entries[0].Path, "err", a.err)
	}
	l.tally.retry()
	l.window.again(a.d, due)
}

// suspend leaves a receiver alone that is away. That is a warning once.
func (l *line) suspend(a landing, after time.Duration, now time.Time) {
	l.outage.count++
	l.outage.until = now.Add(max(backoff(l.outage.count), min(after, maxLater)))
	if l.outage.count == 1 {
		l.log.Warn("hook's receiver is away, will retry", "err", a.err)
	}
}

func (l *line) recovered() {
	if l.outage.count > 0 {
		l.log.Info("hook's receiver is back", "failures", l.outage.count)
	}
	l.outage = outage{}
}

// giveUp counts a delivery as failed. It is told once a minute at most: a
// receiver that refuses everything is one trouble.
func (l *line) giveUp(a landing, now time.Time) {
	l.window.settle(a.d)
	if l.tally.giveUp(int64(len(a.d.entries)), now) {
		l.log.Error("hook given up", "path", a.d.entries[0].Path, "paths", len(a.d.entries), "tries", a.d.tries, "err", a.err)
	}
}
