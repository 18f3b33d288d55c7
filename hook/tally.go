package hook

import (
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// tally is what there is to tell of a hook itself. It is safe for concurrent
// use.
type tally struct {
	mu     sync.Mutex
	status control.HookStatus
	told   time.Time // when it was last logged that something was given up
}

func (t *tally) deliver(n int64, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Delivered += n
	t.status.LastSuccess = &now
}

func (t *tally) fail(err error, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.LastError, t.status.LastErrorAt = err.Error(), &now
}

func (t *tally) retry() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Retries++
}

func (t *tally) collapse(n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Collapsed += n
}

// giveUp counts what failed for good, and reports whether to log it.
func (t *tally) giveUp(n int64, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Failed += n
	if !t.told.IsZero() && now.Sub(t.told) < time.Minute {
		return false
	}
	t.told = now
	return true
}

// wait notes how many events wait, and until when.
func (t *tally) wait(n int64, o outage) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Waiting, t.status.NextTry = n, nil
	if o.count > 0 {
		t.status.NextTry = &o.until
	}
}

func (l *line) status() control.HookStatus {
	l.inbox.mu.Lock() // first: what moves meanwhile is counted twice rather than not at all
	waiting := int64(len(l.inbox.events) + l.inbox.moving)
	l.inbox.mu.Unlock()
	l.tally.mu.Lock()
	st := l.tally.status
	l.tally.mu.Unlock()
	st.Name, st.Kind = l.spec.Name, l.spec.Kind
	st.Waiting += waiting
	return st
}
