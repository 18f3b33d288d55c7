package instance

import (
	"context"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/rsync"
)

// quietFlight is how long a job may move nothing before the target is asked
// whether it is still there. A network that swallows packets is noticed so
// long before rsync's own timeout.
const quietFlight = 5 * time.Second

// meter shows how a running job gets on. It is safe for concurrent use.
type meter struct {
	started  time.Time
	progress rsync.Progress
}

// moved is when the job last gave a sign of life.
func (m *meter) moved() time.Time {
	if last := m.progress.Last(); last.After(m.started) {
		return last
	}
	return m.started
}

// checkFlights probes the target when a job has been quiet for long: rsync may
// be busy reading a big file, or the target may be gone.
func (t *target) checkFlights(ctx context.Context, senders *sync.WaitGroup) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.quiet(time.Now())) > 0 {
		t.startProbe(ctx, senders)
	}
}

// quiet returns the jobs in the air that have moved nothing for a while; the
// caller holds mu.
func (t *target) quiet(now time.Time) []*flight {
	var quiet []*flight
	for _, f := range t.flights {
		if now.Sub(f.meter.moved()) >= quietFlight {
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
	switch {
	case err != nil && len(t.flights) > 0:
		if !t.missed {
			t.log.Warn("target does not answer while a job runs", "reason", err.Error())
		}
		t.missed = true
	case err != nil:
		if t.circuit.fail(now, unreachable, err.Error(), "") {
			t.log.Warn("target is away, will retry", "reason", err.Error())
		}
	case t.missed:
		t.missed = false
		for _, f := range t.quiet(now) {
			f.cancel()
		}
	default:
		t.circuit.probed = true
	}
	if len(t.flights) == 0 {
		t.missed = false
	}
}
