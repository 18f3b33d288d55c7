package instance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/control"
)

// waitStep is how often wait looks again.
const waitStep = 5 * time.Millisecond

// listen opens the control socket and says what it answers.
func (in *instance) listen(ctx context.Context) (*control.Server, error) {
	s, err := control.Listen(ctx, control.Socket(in.RunDir, in.module().Name), in.Log)
	if err != nil {
		return nil, err
	}
	s.Handle("GET /v1/status", func(*http.Request) (any, error) { return in.status(time.Now()), nil })
	s.Handle("GET /v1/wait", in.handleWait)
	s.Handle("POST /v1/sync", in.handleSync)
	s.Handle("GET /v1/sync/{id}", in.handleProgress)
	s.Handle("POST /v1/approve", in.handleApprove)
	s.Handle("POST /v1/pause", func(r *http.Request) (any, error) { return in.handlePause(r, true) })
	s.Handle("GET /v1/failures", in.handleFailures)
	s.Handle("POST /v1/failures", in.handleGiveUp)
	s.Handle("GET /v1/why", in.handleWhy)
	s.Handle("POST /v1/reconfigure", in.handleReconfigure)
	s.Handle("POST /v1/verify", in.handleVerify)
	s.Handle("POST /v1/log-level", in.handleLogLevel)
	s.HandleStream("GET /v1/events", control.Events, in.handleEvents)
	s.Handle("POST /v1/resume", func(r *http.Request) (any, error) { return in.handlePause(r, false) })
	return s, nil
}

// handleEvents streams what happens from now on, or after an event that the
// listener knows.
func (in *instance) handleEvents(r *http.Request, send func(any) error) error {
	since := in.events.newest()
	if text := r.URL.Query().Get("since"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return &control.Failed{Status: http.StatusBadRequest, Err: fmt.Errorf("since=%s: not the number of an event", text)}
		}
		since = n
	}
	return in.events.listen(r.Context(), since, func() error { return send(nil) }, func(e control.Event) error { return send(e) })
}

// choose returns the targets that a request means.
func (in *instance) choose(url string) ([]*target, error) {
	if url == "" {
		return in.targets(), nil
	}
	var names []string
	for _, t := range in.targets() {
		if t.name == url {
			return []*target{t}, nil
		}
		names = append(names, t.name)
	}
	return nil, &control.Failed{
		Status: http.StatusNotFound,
		Err:    fmt.Errorf("module %q has no target %q", in.module().Name, url),
		Hint:   "its targets are: " + strings.Join(names, ", "),
	}
}

// inside cleans a path that must not leave the tree.
func inside(p string) (string, error) {
	clean := strings.TrimPrefix(path.Clean("/"+p), "/")
	if strings.Contains("/"+p+"/", "/../") {
		return "", &control.Failed{Status: http.StatusBadRequest, Err: errors.New("path must not contain \"..\"")}
	}
	if err := nameable(clean); err != nil {
		return "", err
	}
	if clean == "" {
		return change.Root, nil
	}
	return clean, nil
}

// handleApprove lets held deletions go, or accepts a source that is another
// one than before.
func (in *instance) handleApprove(r *http.Request) (any, error) {
	var req control.TargetRequest
	if err := control.Decode(r, &req); err != nil {
		return nil, err
	}
	targets, err := in.choose(req.Target)
	if err != nil {
		return nil, err
	}
	if in.source.status().state == control.WaitingSource {
		if err := in.source.accept(); err != nil {
			return nil, &control.Failed{Status: http.StatusConflict, Err: err}
		}
		return control.Answer{Message: "the source that is there now is accepted; its deletions will be held"}, nil
	}
	if n := in.forgetMounts(); n > 0 {
		return control.Answer{Message: fmt.Sprintf("%d folders without their file systems are ordinary folders now", n)}, nil
	}
	n := 0
	for _, t := range targets {
		n += t.approve()
	}
	if n == 0 {
		return control.Answer{Message: "nothing is held"}, nil
	}
	in.Log.Info("held deletions approved", "count", n)
	return control.Answer{Message: several(n, "deletion", "deletions") + " approved"}, nil
}

func (t *target) approve() int {
	defer t.nudge()
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.ledger.approve()
	t.reportHeld(outcome{})
	return n
}

// handleWait answers when everything that changed before the call is on every
// target, or with what is behind when timeout has passed.
func (in *instance) handleWait(r *http.Request) (any, error) {
	q := r.URL.Query()
	if upto := q.Get("upto"); upto != "" && upto != "now" {
		return nil, &control.Failed{Status: http.StatusBadRequest, Err: fmt.Errorf("upto=%s: only now is understood", upto)}
	}
	var expired <-chan time.Time
	if text := q.Get("timeout"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return nil, &control.Failed{Status: http.StatusBadRequest, Err: fmt.Errorf("timeout=%s: not a duration like 30s", text)}
		}
		timer := time.NewTimer(d)
		defer timer.Stop()
		expired = timer.C
	}
	asked := time.Now()
	var seen time.Time // when everything before asked was in the ledgers
	tick := time.NewTicker(waitStep)
	defer tick.Stop()
	for {
		if seen.IsZero() && in.source.horizon().After(asked) {
			seen = time.Now()
		}
		if seen.IsZero() { // each time: the root may just have been armed
			in.source.pollAfter(asked)
		}
		behind := in.behind(seen)
		if len(behind) == 0 {
			return control.WaitAnswer{Done: true}, nil
		}
		select {
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-expired:
			return control.WaitAnswer{Behind: behind, Held: !seen.IsZero() && in.holding() == len(behind)}, nil
		case <-tick.C:
		}
	}
}

// behind says what is missing where of everything that was in the ledgers at
// seen; the zero time means that the source has not told everything yet.
func (in *instance) behind(seen time.Time) []string {
	if seen.IsZero() {
		st := in.source.status()
		return []string{strings.TrimSpace(fmt.Sprintf("source: %s %s", st.state, st.reason))}
	}
	var out []string
	for _, t := range in.targets() {
		if b := t.behind(seen); b != "" {
			out = append(out, b)
		}
	}
	return out
}

// holding counts the targets that wait for somebody to approve deletions.
func (in *instance) holding() int {
	n := 0
	for _, t := range in.targets() {
		t.mu.Lock()
		if t.ledger.held.total() > 0 {
			n++
		}
		t.mu.Unlock()
	}
	return n
}
