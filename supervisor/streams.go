package supervisor

import (
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/logbook"
)

// linesShown is how many lines of the log are shown when nobody says.
const linesShown = 100

// streamEvents sends events from number since on, or from now on.
func (a *api) streamEvents(r *http.Request, send func(any) error) error {
	since, err := number(r, "since", a.hub.newest())
	if err != nil {
		return err
	}
	module := r.URL.Query().Get("module")
	if module != "" {
		if _, err := a.fleet.find(module); err != nil {
			return err
		}
	}
	if err := send(nil); err != nil {
		return err
	}
	return a.hub.follow(r.Context(), since, func(e control.Event) error {
		if module != "" && e.Module != module && e.Kind != control.EventLost {
			return nil
		}
		return send(e)
	})
}

// streamLogs sends the last lines of the log, and with follow=1 what comes.
func (a *api) streamLogs(r *http.Request, send func(any) error) error {
	q := r.URL.Query()
	lines, err := number(r, "lines", linesShown)
	if err != nil {
		return err
	}
	query := logbook.Query{Module: q.Get("module"), Lines: int(min(lines, 1<<20)), Level: slog.LevelDebug}
	if text := q.Get("level"); text != "" {
		if err := query.Level.UnmarshalText([]byte(text)); err != nil {
			return badParameter("level", text, "debug, info, warn or error")
		}
	}
	if query.Module != "" && query.Module != control.ServiceName {
		if _, err := a.fleet.find(query.Module); err != nil {
			return err
		}
	}
	if err := send(nil); err != nil {
		return err
	}
	if follow := q.Get("follow"); follow == "" || follow == "0" {
		for _, line := range a.book.Tail(query) {
			if err := send(line); err != nil {
				return err
			}
		}
		return nil
	}
	for line := range a.book.Follow(r.Context(), query) {
		if err := send(line); err != nil {
			return err
		}
	}
	return nil
}

// number reads a parameter that is a number.
func number(r *http.Request, name string, otherwise uint64) (uint64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0, badParameter(name, text, "a number")
	}
	return n, nil
}

func badParameter(name, text, want string) error {
	return &control.Failed{Status: http.StatusBadRequest, Err: fmt.Errorf("%s=%s: not %s", name, text, want)}
}
