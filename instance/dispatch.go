package instance

import (
	"context"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// dispatch starts every job that may start now.
func (t *target) dispatch(ctx context.Context, senders *sync.WaitGroup) {
	for {
		t.turns.turn()
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
	if !t.ledger.work() || t.lacksLeave() {
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
	ln := t.lanes
	ln.noWhole = t.lacksLeave()
	j = t.ledger.pick(time.Now(), ln)
	t.mu.Unlock()
	if j == nil {
		return nil, nil
	}
	seen := t.ground.look(j.items, t.turns.turn)
	t.mu.Lock()
	defer t.mu.Unlock()
	if seen == nil { // the root is gone: nothing on disk can be believed
		t.ledger.settle(j, outcome{verdict: undone}, time.Now())
		return nil, nil
	}
	for i := range j.items {
		j.items[i].seen = seen[i]
	}
	return j, t.ledger.refine(j, t.lanes, t.settings().Delete)
}

// launch carries j in the background.
func (t *target) launch(ctx context.Context, j *job, senders *sync.WaitGroup) {
	ctx, cancel := context.WithCancel(ctx)
	f := &flight{cancel: cancel, meter: &meter{heard: t.messages.newHeard(t)}}
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
		o := t.courier.carry(ctx, j, f.meter)
		o.names = f.meter.names
		t.landed <- landing{j, o}
	})
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
