package instance

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// order is a configuration that is to be in force from now on.
type order struct {
	module *config.Module
	answer chan<- reply // 1: the asker may be gone
}

// reply is what became of an order.
type reply struct {
	message string
	err     error
}

// handleReconfigure reads the module file again and takes over what can change
// while the module runs.
func (in *instance) handleReconfigure(r *http.Request) (any, error) {
	var req control.Reconfigure
	if err := control.Decode(r, &req); err != nil {
		return nil, err
	}
	now, err := in.readAgain(req.Fingerprint)
	if err != nil {
		return nil, err
	}
	answer := make(chan reply, 1)
	select {
	case in.orders <- order{now, answer}:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	select {
	case a := <-answer:
		return control.Answer{Message: a.message}, a.err
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// readAgain reads the module file, which has to be the version that is meant.
func (in *instance) readAgain(fingerprint string) (*config.Module, error) {
	file := in.module().File
	now, err := config.LoadNamed(file, in.module().Name)
	if err == nil {
		err = config.Join(lasting(config.CheckSystem(now)))
	}
	switch {
	case err != nil:
		return nil, &control.Failed{Status: http.StatusConflict, Err: err, Hint: "what was read before stays in force"}
	case fingerprint != "" && now.Fingerprint() != fingerprint:
		return nil, &control.Failed{
			Status: http.StatusConflict, Err: fmt.Errorf("%s is not the version that was meant any more", file),
			Hint: "read the configuration again",
		}
	}
	return now, nil
}

// lasting are the problems that do not go away by waiting.
func lasting(problems []config.Problem) []config.Problem {
	var out []config.Problem
	for _, p := range problems {
		if !p.CanWait {
			out = append(out, p)
		}
	}
	return out
}

// reconfigure brings a configuration into force, or changes nothing and says
// why not. It is called by keepTargets.
func (in *instance) reconfigure(c *crew, now *config.Module) (message string, err error) {
	d := config.Compare(in.module(), now)
	switch d.Effect {
	case config.Untouched:
		in.config.Store(now) // its rules may stand in other lines
		return "nothing has changed", nil
	case config.Restart:
		return "", &control.Failed{
			Status: http.StatusConflict, Err: fmt.Errorf("what has changed takes a new process: %s", keys(d.Changes)),
			Hint: "restart the module",
		}
	}
	var come []*target
	for _, ct := range now.Targets {
		for _, url := range d.Added {
			if url != ct.URL {
				continue
			}
			t, err := in.newTarget(now, ct)
			if err != nil {
				return "", fmt.Errorf("add target %s: %w", url, err)
			}
			come = append(come, t)
		}
	}
	in.config.Store(now)
	err = errors.Join(in.retarget(c, now, come), in.apply(d))
	for _, ch := range d.Changes {
		in.Log.Info("configuration changed", "key", ch.Key, "old", ch.Old, "new", ch.New)
	}
	return "taken over: " + keys(d.Changes), err
}

// apply does what follows from changed keys of the module that is in force.
func (in *instance) apply(d config.Difference) error {
	wakeUp(in.rescheduled)
	wakeUp(in.urgent)
	var err error
	for _, ch := range d.Changes {
		switch ch.Key {
		case "log_level":
			in.logAsConfigured()
		case "fail_log.path", "fail_log.format":
			in.saving.Lock()
			err = in.writeFailLog()
			in.saving.Unlock()
		}
	}
	return err
}

func keys(changes []config.Change) string {
	var list []string
	for _, ch := range changes {
		list = append(list, ch.Key)
	}
	return strings.Join(list, ", ")
}
