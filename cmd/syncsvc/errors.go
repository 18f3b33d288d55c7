package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/service"
)

// The exit codes, as exitCodes lists them for people.
const (
	exitOK = iota
	exitError
	exitUsage
	exitBehind
	exitNotRunning
	exitHeld
	exitConfig
)

const exitCodes = `Exit codes:
  0  all is well
  1  an error that is none of the following
  2  the command line makes no sense
  3  not in sync, or only a part of it was done
  4  the service or the module is not running
  5  held: deletions wait for "syncsvc approve"
  6  a configuration file has problems`

var (
	// errBehind is what commands return after they have said what is not in
	// sync.
	errBehind = errors.New("not in sync")
	// errHeld is what commands return after they have said what is held.
	errHeld = errors.New("held")
	// errFailed is what commands return after they have said what went wrong.
	errFailed = errors.New("failed")
	// errConfig is what commands return after they have shown what is wrong
	// with configuration files.
	errConfig = errors.New("a configuration file has problems")
)

// exitCode decides with which code the program ends.
func exitCode(err error) int {
	switch {
	case err == nil:
		return exitOK
	case is[*usageError](err):
		return exitUsage
	case errors.Is(err, errBehind):
		return exitBehind
	case errors.Is(err, control.ErrNotRunning):
		return exitNotRunning
	case errors.Is(err, errHeld):
		return exitHeld
	case is[config.Problem](err), errors.Is(err, errConfig), isLeftOut(err):
		return exitConfig
	}
	return exitError
}

// isLeftOut reports whether the service refused because a module's file has
// problems.
func isLeftOut(err error) bool {
	f, ok := errors.AsType[*control.Failed](err)
	return ok && f.Status == http.StatusUnprocessableEntity
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// usageError is a command line that makes no sense.
type usageError struct {
	message, hint string
}

// Error returns what is wrong, without the hint.
func (e *usageError) Error() string { return e.message }

func usage(hint, format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...), hint}
}

// said is an error that people have been told of already.
type said struct{ error }

// Unwrap returns the error itself.
func (s *said) Unwrap() error { return s.error }

// silent makes an error that only has an exit code left to tell; nil stays nil.
func silent(err error) error {
	if err == nil {
		return nil
	}
	return &said{err}
}

// hinted adds a way out to an error.
type hinted struct {
	error
	hint string
}

// Unwrap returns the error without the hint.
func (h *hinted) Unwrap() error { return h.error }

// withHint adds a way out to an error; nil stays nil.
func withHint(err error, hint string) error {
	if err == nil {
		return nil
	}
	return &hinted{err, hint}
}

// hintOf returns the way out that an error knows, or "". Problems of
// configuration files have theirs in their text.
func hintOf(err error) string {
	if e, ok := errors.AsType[*usageError](err); ok {
		return e.hint
	}
	if e, ok := errors.AsType[*hinted](err); ok {
		return e.hint
	}
	if e, ok := errors.AsType[service.Hinted](err); ok {
		return e.Hint
	}
	if e, ok := errors.AsType[*control.Failed](err); ok && (e.Hint != "" || e.Status != http.StatusServiceUnavailable) {
		return e.Hint
	}
	if errors.Is(err, control.ErrNotRunning) {
		return "start it with \"syncsvc service start\", or \"syncsvc run\""
	}
	return ""
}
