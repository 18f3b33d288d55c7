package instance

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/scan"
)

// sweepRetry is the pause before a walk that failed is tried again.
const sweepRetry = time.Second

// sweeper answers scans that concern several targets with one walk. What it
// finds is offered to each of them and never waits for one: a target that can't
// keep up collapses what it owes into a scan of its own.
type sweeper struct {
	ground  *ground
	log     *slog.Logger
	walks   atomic.Int64 // finished
	trusted func() bool  // whether change times can be believed on this file system

	wake  chan struct{} // 1: there is a request
	turns turns         // a walk turns with every name it comes to

	mu      sync.Mutex // guards pending
	pending []*request
	trouble grievance   // has a lock of its own
	active  atomic.Bool // a walk is under way or waiting
}

// request is a scan and the targets that need it. It counts as unsettled in
// each of their ledgers from the moment it is made.
type request struct {
	change  change.Change
	targets []*target
}

// ask adds a request. One for the same path that no walk has begun to answer
// is merged with it.
func (s *sweeper) ask(c change.Change, targets []*target) {
	s.prepare(c, targets)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// prepare adds a request that waits for the next ask.
func (s *sweeper) prepare(c change.Change, targets []*target) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active.Store(true)
	var r *request
	for _, p := range s.pending {
		if p.change.Path == c.Path {
			r = p
		}
	}
	if r == nil {
		r = &request{change: c}
		s.pending = append(s.pending, r)
	}
	r.change = change.Merge(r.change, c)
	for _, t := range targets {
		if !slices.Contains(r.targets, t) {
			r.targets = append(r.targets, t)
		}
	}
	for _, t := range r.targets {
		t.hold(r, r.change)
	}
}

func (s *sweeper) next() *request {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) == 0 {
		s.active.Store(false)
		return nil
	}
	r := s.pending[0]
	s.pending = s.pending[1:]
	return r
}

// run answers requests until ctx ends.
func (s *sweeper) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
		s.turns.turn()
		for r := s.next(); r != nil && ctx.Err() == nil; r = s.next() {
			s.answer(ctx, r)
		}
	}
}

// answer walks until it has gone well once; a lost root comes back or ctx ends.
func (s *sweeper) answer(ctx context.Context, r *request) {
	for {
		err := s.walk(ctx, r.change, func(found []change.Change) error {
			for _, t := range r.targets {
				t.offer(found)
			}
			return nil
		})
		if err == nil {
			break
		}
		s.turns.turn()
		s.trouble.again(s.log, slog.LevelWarn, "walk failed, will retry", err, "path", r.change.Path)
		if !sleep(ctx, sweepRetry) {
			return // still held in the ledgers, so the checkpoint does not pass it
		}
	}
	s.trouble.over(s.log, "walks go well again")
	for _, t := range r.targets {
		t.release(r)
	}
}

// walk yields what changed since c.Since at and beneath c.Path. Where change
// times can't be believed, that is everything.
func (s *sweeper) walk(ctx context.Context, c change.Change, emit func([]change.Change) error) error {
	if !s.trusted() {
		return emit([]change.Change{{Path: c.Path, Scope: change.Tree, Quick: true, Swept: true, Since: c.Since}})
	}
	root, err := s.ground.pin()
	if err != nil {
		return err
	}
	defer root.Close()
	stats, err := scan.Walk(ctx, scan.Options{
		Root:     procPath(int(root.Fd()), ""),
		Under:    c.Path,
		Since:    c.Since,
		Excluded: s.turns.with(s.ground.filter.ExcludedName),
	}, func(found []change.Change) error {
		batch := make([]change.Change, len(found))
		for i, f := range found {
			f.Swept = f.Scope != change.Entry
			batch[i] = f
		}
		return emit(batch)
	})
	if err != nil {
		return err
	}
	s.walks.Add(1)
	s.ground.inner.found(stats.Mounts...)
	if c.Path == change.Root {
		s.ground.found(stats.Entries)
	}
	s.log.Info("scanned", "path", c.Path, "since", c.Since.Format(time.RFC3339Nano),
		"entries", stats.Entries, "found", stats.Found, "took", stats.Took.Round(time.Millisecond))
	return nil
}

// sleep waits for d and reports whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// hold makes c count as unsettled while r is walked.
func (t *target) hold(r *request, c change.Change) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ledger.walking[r] = c
}

// release ends what hold began.
func (t *target) release(r *request) {
	t.mu.Lock()
	delete(t.ledger.walking, r)
	t.mu.Unlock()
	t.nudge()
}

// sweepOwn starts to walk a part that this target owes but no longer knows one
// by one. What it finds comes no faster than it is sent.
func (t *target) sweepOwn(ctx context.Context, senders *sync.WaitGroup) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sweeping || t.circuit.open() || t.paused || t.ledger.owed.Len() > t.ledger.limit/4 {
		return
	}
	cs := t.ledger.scans.Take(1, func(change.Change) bool { return true })
	if len(cs) == 0 {
		return
	}
	t.sweeping = true
	r := &request{change: cs[0]}
	t.ledger.walking[r] = r.change
	senders.Go(func() { t.sweepOne(ctx, r) })
}

func (t *target) sweepOne(ctx context.Context, r *request) {
	err := t.sweeper.walk(ctx, r.change, func(found []change.Change) error {
		if err := t.room(ctx); err != nil {
			return err
		}
		t.offer(found)
		return nil
	})
	if err != nil {
		t.walks.again(t.log, slog.LevelWarn, "walk failed, will retry", err, "path", r.change.Path)
		sleep(ctx, sweepRetry)
		t.offer([]change.Change{r.change})
	} else {
		t.walks.over(t.log, "walks go well again")
	}
	t.mu.Lock()
	t.sweeping = false
	t.mu.Unlock()
	t.release(r)
}

// room waits until at most half of what may be owed is.
func (t *target) room(ctx context.Context) error {
	for {
		t.mu.Lock()
		n := t.ledger.owed.Len()
		t.mu.Unlock()
		if n <= t.ledger.limit/2 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.less:
		}
	}
}
