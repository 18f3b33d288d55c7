package supervisor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

const (
	// upPatience is how long a request waits for a module to come up.
	upPatience = 60 * time.Second
	// waitStep is how often a request looks whether it has come true.
	waitStep = 10 * time.Millisecond
)

// errand is something asked for of single modules.
type errand struct {
	// do changes what is wanted and returns what was done; it is called with
	// the fleet's mu held.
	do func(m *member, who string) (string, error)
	// done says whether it has come true since it was asked for; an error when
	// it will not.
	done func(m *member, before, now keeperStatus, asked time.Time) (bool, error)
	// meant says whether "all modules" means m too; nil = every one. It is
	// called with the fleet's mu held.
	meant func(m *member) bool
}

// errands are those that the fleet itself does, by the last word of their
// route.
func errands() map[string]errand {
	return map[string]errand{
		"start":   {askStart, isUp, isEnabled},
		"stop":    {askStop, isDown, isEnabled},
		"restart": {askRestart, isNew, isEnabled},
		"enable":  {askEnable, isUp, func(m *member) bool { return m.module.Enabled }},
		"disable": {askDisable, isDown, nil},
	}
}

// isEnabled reports whether m may run.
func isEnabled(m *member) bool {
	w, _ := m.wanted()
	return w != control.WantedDisabled
}

func askStart(m *member, _ string) (string, error) {
	if w, why := m.wanted(); w == control.WantedDisabled {
		return "", &control.Failed{
			Status: http.StatusConflict, Err: fmt.Errorf("is disabled by %s", why), Hint: "syncsvc enable " + m.name,
		}
	}
	running := !m.down && m.keeper.status().Pid != 0
	m.down = false
	m.obey()
	if running {
		return "runs already", nil
	}
	return "started", nil
}

func askStop(m *member, _ string) (string, error) {
	w, why := m.wanted()
	m.down = true
	m.obey()
	if w == control.WantedDisabled {
		return "does not run: it is disabled by " + why, nil
	}
	return "stopped, until it is started or the service is", nil
}

func askRestart(m *member, who string) (string, error) {
	if m.down || !m.module.Enabled || m.disabled != "" {
		return askStart(m, who)
	}
	m.keeper.restart()
	return "restarted", nil
}

func askDisable(m *member, who string) (string, error) {
	if w, why := m.wanted(); w == control.WantedDisabled {
		return "is disabled already, by " + why, nil
	}
	if err := m.setDisabled(who); err != nil {
		return "", err
	}
	m.obey()
	return "disabled, also after a restart of the service", nil
}

func askEnable(m *member, _ string) (string, error) {
	if err := m.setDisabled(""); err != nil {
		return "", err
	}
	if !m.module.Enabled {
		place := m.module.Place("enabled")
		return "", &control.Failed{
			Status: http.StatusConflict, Err: fmt.Errorf("is disabled in its file: %s", place),
			Hint: fmt.Sprintf("take \"enabled: false\" out of %s", place),
		}
	}
	m.down = false
	m.obey()
	return "enabled", nil
}

func isUp(_ *member, _, now keeperStatus, asked time.Time) (bool, error) {
	if now.State == control.Live {
		return true, nil
	}
	return false, isLost(now, asked)
}

func isNew(m *member, before, now keeperStatus, asked time.Time) (bool, error) {
	if now.Pid == before.Pid && before.Pid != 0 {
		return false, nil
	}
	return isUp(m, before, now, asked)
}

func isDown(_ *member, _, now keeperStatus, _ time.Time) (bool, error) {
	return now.Pid == 0 && (now.State == control.Stopped || now.State == control.Misconfigured), nil
}

// isLost is an error when a start that was asked for has failed.
func isLost(now keeperStatus, asked time.Time) error {
	if (now.State == control.Backoff || now.State == control.Misconfigured) && now.Since.After(asked) {
		return &control.Failed{Err: errors.New(now.Reason), Hint: now.Hint}
	}
	return nil
}

// run does the errand for each of the modules, and waits if that is wished.
func (f *fleet) run(ctx context.Context, e errand, members []*member, who string, wait bool) []control.ModuleAnswer {
	asked := time.Now()
	before := make([]keeperStatus, len(members))
	answers := make([]control.ModuleAnswer, len(members))
	for i, m := range members {
		before[i] = m.keeper.status()
		f.mu.Lock()
		message, err := e.do(m, who)
		f.mu.Unlock()
		answers[i] = answer(m.name, message, err)
	}
	if !wait {
		return answers
	}
	ctx, cancel := context.WithTimeout(ctx, upPatience)
	defer cancel()
	for i, m := range members {
		if answers[i].Error == "" {
			if err := f.await(ctx, e, m, before[i], asked); err != nil {
				answers[i] = answer(m.name, answers[i].Message, err)
			}
		}
	}
	return answers
}

// await waits until the errand has come true for m.
func (f *fleet) await(ctx context.Context, e errand, m *member, before keeperStatus, asked time.Time) error {
	f.mu.Lock()
	w, _ := m.wanted()
	launched := m.ended != nil
	f.mu.Unlock()
	if !launched && w != control.WantedUp {
		return nil // nothing has ever run
	}
	for {
		done, err := e.done(m, before, m.keeper.status(), asked)
		if done || err != nil {
			return err
		}
		if !pause(ctx, waitStep) {
			return &control.Failed{
				Err: fmt.Errorf("it takes long: %s", f.facts(m).describe(time.Now()).State), Hint: "syncsvc status " + m.name,
			}
		}
	}
}

// answer says what became of a request for one module.
func answer(module, message string, err error) control.ModuleAnswer {
	a := control.ModuleAnswer{Module: module, Message: message}
	if err != nil {
		a.Error = err.Error()
		if f, ok := errors.AsType[*control.Failed](err); ok {
			a.Hint = f.Hint
		}
	}
	return a
}
