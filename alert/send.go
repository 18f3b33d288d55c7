package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

const (
	// giveUpAfter is for how long a message is tried; then it is old news.
	giveUpAfter = time.Hour

	firstRetry = time.Second
	lastRetry  = time.Minute
)

// finalError is a failure that trying again does not change.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// laterError is a failure after which the receiver wants to be left alone for
// a while.
type laterError struct {
	error
	after time.Duration
}

func (e laterError) Unwrap() error { return e.error }

// sendOnce delivers a message once.
func (a *Alerts) sendOnce(ctx context.Context, r control.AlertRule, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return finalError{fmt.Errorf("encode the message: %w", err)}
	}
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	if len(r.Command) > 0 {
		return a.call(ctx, r.Command, append(body, '\n'))
	}
	return post(ctx, r.Webhook, body)
}

// deliver sends a message until it is taken, and reports whether it was.
func (a *Alerts) deliver(ctx context.Context, r control.AlertRule, m Message) bool {
	log := a.o.Log.With("alert", r.Name, "module", m.Module)
	if m.Target != "" {
		log = log.With("target", m.Target)
	}
	wait := firstRetry
	for try := 1; ; try++ {
		if !sleep(ctx, a.limit.Reserve().Delay()) {
			return false
		}
		err := a.send(ctx, r, m)
		var final finalError
		switch {
		case err == nil:
			if try > 1 {
				log.Info("alert delivered", "tries", try)
			}
			return true
		case ctx.Err() != nil:
			return false
		case errors.As(err, &final), time.Since(m.Time) > giveUpAfter:
			log.Error("alert given up", "state", m.State, "text", m.Text, "tries", try, "err", err)
			return false
		case try == 1:
			log.Warn("alert not delivered, trying again", "state", m.State, "text", m.Text, "err", err)
		}
		pause := wait
		if later, ok := errors.AsType[laterError](err); ok {
			pause = max(pause, later.after)
		}
		if !sleep(ctx, pause) {
			return false
		}
		wait = min(2*wait, lastRetry)
	}
}

// sleep waits, and reports whether ctx was not done before.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
