package instance

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/syncsvc/syncsvc/rsync"
)

// quietFlight is how long a job may move nothing before the target is asked
// whether it is still there. A network that swallows packets is noticed so
// long before rsync's own timeout.
const quietFlight = 5 * time.Second

// meter shows how a running job gets on. It is safe for concurrent use.
type meter struct {
	begun    atomic.Pointer[time.Time] // nil while the job waits for a slot
	queued   atomic.Bool               // it has a slot and waits for a permit
	progress rsync.Progress

	files, deleted, bytes, examined atomic.Int64 // as rsync has itemised them so far

	// names are files that a tree job has sent, the first maxRecent of them;
	// owned by the sender until the job has landed.
	names []string
	heard *heard // for the hooks; owned as names
}

// item counts what rsync itemised; base is the job's own root.
func (m *meter) item(base string, it rsync.Item, keep bool) {
	m.examined.Add(1)
	m.heard.note(base, it)
	switch {
	case it.Deleted:
		m.deleted.Add(1)
	case it.Sent():
		m.files.Add(1)
		m.bytes.Add(it.Bytes)
		if keep && len(m.names) < maxRecent {
			m.names = append(m.names, under(base, it.Path))
		}
	}
}

func (m *meter) begin(now time.Time) { m.begun.Store(&now) }

// moved is when the job last gave a sign of life; the zero time when it has
// not begun.
func (m *meter) moved() time.Time {
	begun := m.begun.Load()
	if begun == nil {
		return time.Time{}
	}
	if last := m.progress.Last(); last.After(*begun) {
		return last
	}
	return *begun
}

// checkFlights probes the target when a job has been quiet for long: rsync may
// be busy reading a big file, or the target may be gone.
func (t *target) checkFlights(ctx context.Context, senders *sync.WaitGroup) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if now.Sub(t.asked) >= quietFlight && len(t.quiet(now)) > 0 {
		t.startProbe(ctx, senders)
	}
}

// nextCheck is when checkFlights may have something to do; the zero time when
// nothing is in the air. The caller holds mu.
func (t *target) nextCheck() time.Time {
	var next time.Time
	for _, f := range t.flights {
		if moved := f.meter.moved(); !moved.IsZero() && (next.IsZero() || moved.Before(next)) {
			next = moved
		}
	}
	switch {
	case next.IsZero():
		return next
	case next.Before(t.asked):
		next = t.asked
	}
	return next.Add(quietFlight)
}

// quiet returns the jobs in the air that have moved nothing for a while; the
// caller holds mu.
func (t *target) quiet(now time.Time) []*flight {
	var quiet []*flight
	for _, f := range t.flights {
		if moved := f.meter.moved(); !moved.IsZero() && now.Sub(moved) >= quietFlight {
			quiet = append(quiet, f)
		}
	}
	return quiet
}

// answer draws the conclusions from a probe. When the target was away while
// jobs were in the air and is back, their connections are as good as dead:
// they are ended and sent anew at once, instead of waiting for rsync's timeout.
func (t *target) answer(err error) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.probing = false
	quiet := t.quiet(now)
	if err != nil {
		t.lastErr, t.errAt = err.Error(), now
		t.tally.Errors++
		t.fail(now, unreachable, err.Error(), t.courier.awayHint())
		for _, f := range quiet {
			f.missed = now
			if t.courier.contested() {
				f.cancel() // another target waits for its slot
			}
		}
		return
	}
	t.circuit.answered(now)
	for _, f := range quiet {
		if !f.missed.IsZero() && !f.meter.moved().After(f.missed) {
			f.cancel()
		}
	}
}
