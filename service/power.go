package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

const (
	// answerWithin is how long a service that was started may take until it
	// answers; the unit gives it as much.
	answerWithin = 90 * time.Second
	// askEvery is how often it is asked meanwhile.
	askEvery = 100 * time.Millisecond
)

// Start starts the installed service and returns when it answers.
func (s *Service) Start(ctx context.Context) error {
	return s.power(ctx, "start", s.scheme.start)
}

// Restart stops the service, if it runs, starts it and returns when it
// answers.
func (s *Service) Restart(ctx context.Context) error {
	return s.power(ctx, "restart", s.scheme.restart)
}

// Stop stops the service and returns when it has ended. It stays installed.
func (s *Service) Stop(ctx context.Context) error {
	if err := s.canRun(ctx, "stop"); err != nil {
		return err
	}
	a, err := s.ask(ctx)
	if err != nil {
		return err
	}
	if !a.active {
		if err := s.stranger(ctx); err != nil {
			return err
		}
		s.tell("not running")
		return nil
	}
	if _, err := s.tool(ctx, s.scheme.stop); err != nil {
		return Hinted{err, s.logs()}
	}
	s.tell("stopped")
	return nil
}

func (s *Service) power(ctx context.Context, what string, command []string) error {
	if err := s.canRun(ctx, what); err != nil {
		return err
	}
	if err := s.stranger(ctx); err != nil {
		return err
	}
	if s.scheme.kind == Upstart { // which fails when there is nothing to do
		a, err := s.ask(ctx)
		switch {
		case err != nil:
			return err
		case a.active && what == "start":
			command = nil
		case !a.active:
			command = s.scheme.start
		}
	}
	if _, err := s.tool(ctx, command); err != nil {
		return Hinted{s.lastWords(ctx, err), s.logs()}
	}
	pid, err := s.answers(ctx)
	if err != nil {
		return err
	}
	s.tell("running, pid %d", pid)
	return nil
}

// canRun is the error for a service that can't be started or stopped, or nil.
func (s *Service) canRun(ctx context.Context, what string) error {
	if s.Root != "" {
		return Hinted{fmt.Errorf("can't %s a service in %s, which does not run", what, s.Root), "leave --root out"}
	}
	if err := s.mayChange(what); err != nil {
		return err
	}
	f, err := s.look(ctx)
	switch {
	case err != nil:
		return err
	case f.state == masked && what == "stop":
		return nil // it may have been masked while it ran
	case f.state == masked:
		return Hinted{fmt.Errorf("the service is masked: %s links to /dev/null", s.Path()), "\"syncsvc service install --force\" repairs that"}
	case f.file == "":
		return Hinted{errNotInstalled, "syncsvc service install"}
	}
	return nil
}

var errNotInstalled = errors.New("the service is not installed")

// stranger is the error for a supervisor that answers but was not started by
// the init system, or nil. A second one could not start beside it.
func (s *Service) stranger(ctx context.Context) error {
	v, err := s.version(ctx)
	if err != nil {
		return nil //nolint:nilerr // nobody answers
	}
	if a, err := s.ask(ctx); err != nil || a.active {
		return err
	}
	return Hinted{
		fmt.Errorf("a supervisor runs already, pid %d, and %s did not start it", v.Pid, s.scheme.kind),
		fmt.Sprintf("stop it first: kill %d", v.Pid),
	}
}

// version asks the supervisor itself.
func (s *Service) version(ctx context.Context) (control.Version, error) {
	ctx, cancel := context.WithTimeout(ctx, answerSoon)
	defer cancel()
	var v control.Version
	err := control.Dial(s.Socket()).Get(ctx, "/v1/version", &v)
	return v, err
}

// answerSoon is how long a supervisor that listens may take for a word.
const answerSoon = 5 * time.Second

// answers waits until the supervisor answers, and returns its pid.
func (s *Service) answers(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerWithin, errSilent)
	defer cancel()
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		v, err := s.version(ctx)
		if err == nil {
			return v.Pid, nil
		}
		select {
		case <-ctx.Done():
			return 0, Hinted{fmt.Errorf("%s: %w", s.Socket(), context.Cause(ctx)), s.logs()}
		case <-tick.C:
		}
		if a, err := s.ask(ctx); err == nil && !a.active {
			return 0, Hinted{s.lastWords(ctx, fmt.Errorf("the service was started and ended again: %s", a.words)), s.logs()}
		}
	}
}

// lastWords is an error about a start with what the service itself said last,
// which tells more than the init system's "failed".
func (s *Service) lastWords(ctx context.Context, err error) error {
	var said string
	if s.scheme.kind == Systemd {
		said, _ = s.tool(ctx, []string{"journalctl", "--lines=5", "--output=cat", "--no-pager", "_SYSTEMD_UNIT=NAME.service"})
	} else {
		said = tail(s.logFile())
	}
	// An error of the command line begins so, and its hint may follow.
	i := strings.LastIndex("\n"+said, "\nsyncsvc: ")
	if i < 0 {
		return err
	}
	lines := strings.Split(strings.TrimSpace(said[i:]), "\n")
	return fmt.Errorf("the service ended: %s", strings.Join(lines, "; "))
}

// tail returns the last of a file, or "" when it can't be read.
func tail(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	const most = 2 << 10
	if info, err := f.Stat(); err == nil && info.Size() > most {
		if _, err := f.Seek(-most, io.SeekEnd); err != nil {
			return ""
		}
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return ""
	}
	return string(text)
}

var errSilent = fmt.Errorf("started, but does not answer after %v", answerWithin)
