package hook

import (
	"errors"
	"time"

	"github.com/syncsvc/syncsvc/webhook"
)

const (
	firstRetry = time.Second
	lastRetry  = time.Minute
	// maxLater is how long a receiver may ask to be left alone.
	maxLater = webhook.MaxLater
)

// finalError is a failure that trying again does not change.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// awayError is a failure that has nothing to do with what was told: the
// receiver is not there, or overloaded. Nothing else is tried until then.
type awayError struct {
	error
	after time.Duration // for how long it wants to be left alone; 0 = not said
}

func (e awayError) Unwrap() error { return e.error }

func isFinal(err error) bool {
	_, ok := errors.AsType[finalError](err)
	return ok
}

// isAway returns for how long a receiver wants to be left alone, and whether it
// is away at all.
func isAway(err error) (time.Duration, bool) {
	e, ok := errors.AsType[awayError](err)
	return e.after, ok
}

// backoff is how long to wait after the nth failure in a row.
func backoff(n int) time.Duration {
	return min(firstRetry<<min(n-1, 10), lastRetry)
}
