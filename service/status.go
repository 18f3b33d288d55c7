package service

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// Status is how the service stands.
type Status struct {
	// From the supervisor itself.
	Running bool       `json:"running"` // it answers
	Pid     int        `json:"pid,omitempty"`
	Version string     `json:"version,omitempty"`
	Started *time.Time `json:"started"`
	Socket  string     `json:"socket"`
	Silence string     `json:"silence,omitempty"` // why it does not answer

	// From the init system.
	Init      Kind   `json:"init,omitempty"`
	Installed bool   `json:"installed"`
	Enabled   bool   `json:"enabled"`           // starts at boot
	Active    bool   `json:"active"`            // as far as the init system knows
	State     string `json:"state,omitempty"`   // in its words
	Boot      string `json:"boot,omitempty"`    // in its words
	File      string `json:"file,omitempty"`    // the text in force
	DropIns   string `json:"dropins,omitempty"` // files that change it
	Packaged  bool   `json:"packaged"`
	Package   string `json:"package,omitempty"`

	unasked bool // this user may not ask the supervisor

	// What does not fit together, with what to do about it.
	Remarks []Remark `json:"remarks,omitempty"`
}

// Remark is something a person should look into.
type Remark struct {
	Text string `json:"text"`
	Hint string `json:"hint"`
}

// Status asks the supervisor first, whose answer is the truth, and then the
// init system.
func (s *Service) Status(ctx context.Context) (Status, error) {
	st := Status{Socket: s.Socket()}
	if s.noInit != nil {
		st.answer(s.version(ctx))
		st.Remarks = append(st.Remarks, Remark{s.noInit.Error(), s.noInit.Hint})
		return st, nil
	}
	st.Init = s.scheme.kind
	f, err := s.look(ctx)
	if err != nil {
		return st, err
	}
	st.File, st.Installed = f.file, f.file != ""
	st.Packaged, st.Package = f.packaged() && f.file == f.vendor, f.owner
	if s.Root != "" {
		st.Enabled, err = s.linked()
		st.Boot, st.State = bootWord(st.Enabled), "not a running system"
		return st, err
	}
	st.answer(s.version(ctx))
	a, err := s.ask(ctx)
	if err != nil {
		return st, err
	}
	st.Active, st.State, st.Enabled, st.Boot, st.DropIns = a.active, a.words, a.enabled, a.boot, a.dropIns
	if a.file != "" && f.state != masked {
		st.File, st.Installed = a.file, true
	}
	if st.unasked { // nobody but the init system can tell then
		st.Running, st.Pid = a.active, a.pid
	}
	st.remark(s, f, a)
	return st, nil
}

// answer notes what the supervisor said. One that refuses to talk runs too.
func (st *Status) answer(v control.Version, err error) {
	failed, refused := errors.AsType[*control.Failed](err)
	switch {
	case err == nil:
		st.Running, st.Pid, st.Version = true, v.Pid, v.Version
		if !v.Started.IsZero() {
			st.Started = &v.Started
		}
	case refused && failed.Status == http.StatusForbidden:
		st.unasked, st.Silence = true, failed.Error()
	case refused:
		st.Running, st.Silence = true, failed.Error()
	default:
		st.Silence = err.Error()
	}
}

// remark compares what the two say.
func (st *Status) remark(s *Service, f found, a asked) {
	add := func(hint, format string, args ...any) {
		st.Remarks = append(st.Remarks, Remark{fmt.Sprintf(format, args...), hint})
	}
	switch {
	case f.state == masked:
		add("syncsvc service install --force", "%s links to /dev/null: the service is masked", s.Path())
	case f.state == empty:
		add("syncsvc service install --force", "%s is empty: an installation was cut off", s.Path())
	case f.packaged() && f.file != f.vendor:
		add("syncsvc service install --force", "%s hides the package's %s", f.file, f.vendor)
	case !st.Installed:
		add("syncsvc service install", "the service is not installed")
	}
	switch {
	case st.unasked:
		add("sudo syncsvc service status", "you may not ask the supervisor; this is what %s says", s.scheme.kind)
	case st.Running && !a.active:
		add(fmt.Sprintf("kill %d, then syncsvc service start", st.Pid), "the supervisor runs, but %s did not start it", s.scheme.kind)
	case st.Running && a.pid != 0 && st.Pid != 0 && a.pid != st.Pid:
		add(fmt.Sprintf("ps -o pid,lstart,args -p %d,%d", st.Pid, a.pid), "pid %d answers, but the service is pid %d: two supervisors", st.Pid, a.pid)
	case !st.Running && a.active:
		add(s.logs(), "%s says %q, but nobody answers", s.scheme.kind, a.words)
	case !st.Running && st.Installed && f.state != masked && f.state != empty:
		add("syncsvc service start", "the service does not run")
	}
	if st.Installed && !a.enabled && f.state != masked && f.state != empty {
		add("syncsvc service install", "the service does not start at boot")
	}
}
