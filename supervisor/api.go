package supervisor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/logbook"
)

const (
	// answerPatience is how long an answer about all modules waits for
	// instances that are slow. Their last figures are shown then.
	answerPatience = 300 * time.Millisecond
	// deathsListed is how many deaths of a module a listing shows; there are
	// more in the module's own answer.
	deathsListed = 3
)

// api answers the control socket for all modules.
type api struct {
	version  string
	started  time.Time
	pid      int
	fleet    *fleet
	reloader *reloader
	hub      *hub
	broker   *broker
	book     *logbook.Book // nil = there is no log to show
	metrics  http.Handler  // nil = none
}

func (a *api) getVersion(*http.Request) (any, error) {
	return control.Version{Version: a.version, Pid: a.pid, Started: a.started}, nil
}

func (a *api) getStatus(r *http.Request) (any, error) {
	a.fleet.look(r.Context(), answerPatience)
	return a.overview(), nil
}

// overview is the whole service as it is seen now.
func (a *api) overview() control.Overview {
	o := control.Overview{
		Version: a.version, Pid: a.pid, Started: a.started,
		Modules: brief(a.fleet.modules(time.Now())), Problems: a.fleet.homeless(), Budget: a.broker.status(),
	}
	o.State = worst(o.Modules)
	return o
}

// brief leaves out of a list what only one module's own answer shows.
func brief(modules []control.Module) []control.Module {
	for i := range modules {
		d := modules[i].Deaths
		modules[i].Deaths = d[max(0, len(d)-deathsListed):]
	}
	return modules
}

// urgency is the order of states in a summary, the most urgent first.
func urgency() []control.State {
	return []control.State{
		control.Misconfigured, control.Held, control.WaitingSource, control.Backoff, control.Degraded,
		control.Starting, control.Scanning, control.Paused, control.Live, control.Stopped, control.Disabled,
	}
}

// worst is the most urgent state of all modules.
func worst(modules []control.Module) control.State {
	for _, s := range urgency() {
		for _, m := range modules {
			if m.State == s {
				return s
			}
		}
	}
	return control.Stopped
}

func (a *api) getModules(r *http.Request) (any, error) {
	a.fleet.look(r.Context(), answerPatience)
	return brief(a.fleet.modules(time.Now())), nil
}

func (a *api) getModule(r *http.Request) (any, error) {
	m, err := a.fleet.find(r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), lookPatience)
	defer cancel()
	if pid := m.keeper.status().Pid; pid != 0 {
		m.view.look(ctx, pid, 0)
	}
	return a.fleet.facts(m).describe(time.Now()), nil
}

func (a *api) postReload(r *http.Request) (any, error) {
	asked := time.Now()
	done, err := a.reloader.ask(r.Context(), "asked for by "+asker(r))
	if err != nil {
		return nil, err
	}
	a.fleet.awaitReload(r.Context(), done.Modules, asked)
	return done, nil
}

func (a *api) getPlan(r *http.Request) (any, error) {
	return a.reloader.plan(r.Context()), nil
}

// asker says for people who sent a request.
func asker(r *http.Request) string {
	if p, ok := control.PeerOf(r); ok {
		return fmt.Sprintf("uid %d, pid %d (%s)", p.UID, p.PID, p.Comm)
	}
	return r.RemoteAddr
}

// modulesErrand answers a request that the fleet itself fulfils.
func (a *api) modulesErrand(word string, e errand) control.Handler {
	return func(r *http.Request) (any, error) {
		req, members, err := a.named(r, e.meant)
		if err != nil {
			return nil, err
		}
		who := fmt.Sprintf("syncsvc %s (%s, %s)", word, asker(r), time.Now().Format("2006-01-02 15:04:05"))
		return a.fleet.run(r.Context(), e, members, who, req.Wait), nil
	}
}

// named are the members that a request is about; of all of them, only those
// for which it means something.
func (a *api) named(r *http.Request, meant func(*member) bool) (control.ModulesRequest, []*member, error) {
	var req control.ModulesRequest
	if err := control.Decode(r, &req); err != nil {
		return req, nil, err
	}
	members, err := a.fleet.choose(req)
	if req.All && meant != nil {
		a.fleet.mu.Lock()
		defer a.fleet.mu.Unlock()
		members = slices.DeleteFunc(members, func(m *member) bool { return !meant(m) })
	}
	return req, members, err
}

// passOn answers a request that the modules' processes fulfil.
func (a *api) passOn(route string) control.Handler {
	return func(r *http.Request) (any, error) {
		_, members, err := a.named(r, func(m *member) bool { return m.keeper.status().Pid != 0 })
		if err != nil {
			return nil, err
		}
		answers := make([]control.ModuleAnswer, len(members))
		var all sync.WaitGroup
		for i, m := range members {
			all.Go(func() {
				var said control.Answer
				err := a.post(r.Context(), m, route, &said)
				m.view.outdate()
				answers[i] = answer(m.name, said.Message, err)
			})
		}
		all.Wait()
		return answers, nil
	}
}

// post asks a module's process for something.
func (a *api) post(ctx context.Context, m *member, route string, said any) error {
	ctx, cancel := context.WithTimeout(ctx, reconfigurePatience)
	defer cancel()
	err := control.Dial(control.Socket(a.fleet.runDir, m.name)).Post(ctx, route, control.TargetRequest{}, said)
	if errors.Is(err, control.ErrNotRunning) {
		return a.notRunning(m)
	}
	return err
}

// notRunning says that a module has no process that could answer, and why.
func (a *api) notRunning(m *member) error {
	now := a.fleet.facts(m).describe(time.Now())
	text := fmt.Sprintf("module %q is not running: %s", m.name, now.State)
	if now.Reason != "" {
		text += ", " + now.Reason
	}
	return &control.Failed{
		Status: http.StatusServiceUnavailable, Err: errors.New(text), Hint: cmp.Or(now.Hint, "syncsvc start "+m.name),
	}
}
