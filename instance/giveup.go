package instance

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/control"
)

// handleFailures lists every path that fails, the most recent first for each
// target.
func (in *instance) handleFailures(r *http.Request) (any, error) {
	targets, err := in.choose(r.URL.Query().Get("target"))
	if err != nil {
		return nil, err
	}
	answer := control.FailuresAnswer{Failures: []control.TargetFailure{}}
	for _, t := range targets {
		for _, f := range t.failures() {
			answer.Failures = append(answer.Failures, control.TargetFailure{Target: t.name, Failure: f.words()})
		}
	}
	return answer, nil
}

func (t *target) failures() []failure {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ledger.failing.list()
}

// words is f as the control API tells it.
func (f failure) words() control.Failure {
	return control.Failure{
		Path: control.Path(f.Path), Reason: f.reason, Attempts: f.attempts,
		First: f.first, Last: f.last, Next: f.next,
	}
}

// handleGiveUp makes what fails due at once, or forgets it on request.
func (in *instance) handleGiveUp(r *http.Request) (any, error) {
	var req control.FailuresRequest
	if err := control.Decode(r, &req); err != nil {
		return nil, err
	}
	if req.Retry == req.Clear {
		return nil, &control.Failed{Status: http.StatusBadRequest, Err: errors.New("say either retry or clear")}
	}
	targets, err := in.choose(req.Target)
	if err != nil {
		return nil, err
	}
	under, err := in.locate(req.Path)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, t := range targets {
		if req.Retry {
			n += t.retryNow(under)
			continue
		}
		cleared, err := in.giveUp(t, under)
		if err != nil {
			return nil, err
		}
		n += cleared
	}
	switch {
	case n == 0:
		return control.Answer{Message: "nothing fails there"}, nil
	case req.Retry:
		return control.Answer{Message: fmt.Sprintf("%s tried again now", pathsAre(int64(n)))}, nil
	}
	in.Log.Info("failing paths given up on request", "path", under, "count", n)
	return control.Answer{Message: fmt.Sprintf("%s given up, until changed or found by a full compare", pathsAre(int64(n)))}, nil
}

// retryNow makes what fails at and beneath path due and returns how much that
// is.
func (t *target) retryNow(path string) (n int) {
	defer t.nudge()
	t.mu.Lock()
	defer t.mu.Unlock()
	for p, f := range t.ledger.failing.paths {
		if change.Within(p, path) {
			f.next = time.Now()
			n++
		}
	}
	return n
}

// giveUp forgets what fails at and beneath path, on disk too when it returns:
// a restart must not bring back what a person has settled.
func (in *instance) giveUp(t *target, path string) (n int, err error) {
	in.saving.Lock()
	defer in.saving.Unlock()
	t.mu.Lock()
	for p := range t.ledger.failing.paths {
		if change.Within(p, path) {
			t.ledger.failing.drop(p)
			n++
		}
	}
	if n == 0 {
		t.mu.Unlock()
		return 0, nil
	}
	t.reportFailures()
	list := t.ledger.persist()
	t.mu.Unlock()
	t.nudge()
	if err := in.store.SaveFailures(t.name, list); err != nil {
		t.unsaved()
		return 0, err
	}
	return n, in.writeFailLog()
}
