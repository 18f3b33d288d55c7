package supervisor

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// reconfigurePatience is how long an instance may take to take over another
// version of its file.
const reconfigurePatience = 15 * time.Second

// reloader brings the fleet in line with the module files. Its run does so, one
// reload at a time; whoever wants one asks.
type reloader struct {
	settings func() *config.Service // those in force
	fleet    *fleet
	hub      *hub
	log      *slog.Logger
	asks     chan reloadAsk // 0: handed over to run
	// begin takes over the settings of the service itself, and returns what to
	// call at the end; ahead only looks at them.
	begin func(context.Context) (overhaul, func())
	ahead func() overhaul
	once  atomic.Bool // the files have been read
}

// reloadAsk asks for a reload.
type reloadAsk struct {
	why    string
	answer chan control.Reload // 1: so that run never waits for the asker
}

// ask has everything read again and returns what that did.
func (r *reloader) ask(ctx context.Context, why string) (control.Reload, error) {
	a := reloadAsk{why, make(chan control.Reload, 1)}
	select {
	case r.asks <- a:
	case <-ctx.Done():
		return control.Reload{}, fmt.Errorf("wait for the reload before: %w", ctx.Err())
	}
	select {
	case done := <-a.answer:
		return done, nil
	case <-ctx.Done():
		return control.Reload{}, fmt.Errorf("wait for the reload, which goes on: %w", ctx.Err())
	}
}

// run reloads when it is asked to, until ctx ends. What it starts lives until
// then too.
func (r *reloader) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-r.asks:
			a.answer <- r.reload(ctx, a.why)
		}
	}
}

// reload reads the module files and does what has to be done.
func (r *reloader) reload(ctx context.Context, why string) control.Reload {
	own, end := r.begin(ctx)
	defer end()
	read := readModules(r.settings())
	read.general = append(read.general, own.problems...)
	steps := r.steps(read, own.restart)
	r.fleet.blame(read)
	r.apply(ctx, steps)
	r.once.Store(true)
	out := control.Reload{Applied: true, Modules: []control.ModuleReload{}, Problems: read.all(), Settings: own.changes}
	for _, s := range steps {
		out.Modules = append(out.Modules, s.ModuleReload)
	}
	r.report(out, why)
	return out
}

// plan is what a reload would do. For a change of rules it walks the tree.
func (r *reloader) plan(ctx context.Context) control.Reload {
	read := readModules(r.settings())
	own := r.ahead()
	read.general = append(read.general, own.problems...)
	out := control.Reload{Modules: []control.ModuleReload{}, Problems: read.all(), Settings: own.changes}
	for _, s := range r.steps(read, own.restart) {
		if s.old != nil && s.new != nil {
			s.Filter = effectOf(ctx, s.old, s.new)
		}
		out.Modules = append(out.Modules, s.ModuleReload)
	}
	return out
}

// steps are what there is to do. all says why every module has to be started
// again anyway; "" = it need not.
func (r *reloader) steps(read reading, all string) []step {
	again := map[string]string{}
	for _, m := range r.fleet.all() {
		if again[m.name] = all; m.keeper.status().State == control.Misconfigured {
			again[m.name] = "it waits for a correction"
		}
	}
	return differ(r.fleet.configured(), read, again)
}

// apply does the steps: those that end something all at once, then those that
// change something, then new modules start in their order.
func (r *reloader) apply(ctx context.Context, steps []step) {
	var ends, changes sync.WaitGroup
	for _, s := range steps {
		if s.Action == control.RemoveModule {
			ends.Go(func() { r.fleet.remove(s.Module) })
		}
	}
	ends.Wait()
	var fresh []*member
	for i := range steps {
		switch s := &steps[i]; s.Action {
		case control.AddModule:
			fresh = append(fresh, r.fleet.add(s.new))
		case control.Untouched, control.Restart, control.InPlace, control.Retarget:
			changes.Go(func() { r.change(ctx, s) })
		}
	}
	changes.Wait()
	if len(fresh) > 0 {
		r.fleet.launch(ctx, fresh)
	}
}

// change puts another version of a running module in force.
func (r *reloader) change(ctx context.Context, s *step) {
	m := r.fleet.get(s.Module)
	if s.Action == control.Untouched {
		r.fleet.note(m, s.new)
		return
	}
	running := m.keeper.status().Pid != 0
	wanted := r.fleet.configure(m, s.new, s.Action == control.Restart)
	if s.Action == control.Restart || !running || !wanted {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, reconfigurePatience)
	defer cancel()
	socket := control.Dial(control.Socket(r.fleet.runDir, s.Module))
	err := socket.Post(ctx, "/v1/reconfigure", control.Reconfigure{Fingerprint: s.new.Fingerprint()}, nil)
	if err == nil {
		return
	}
	s.Action, s.Why = control.Restart, fmt.Sprintf("its process could not change in place: %v", err)
	r.fleet.configure(m, s.new, true)
}

// report tells the log and the events what a reload did, and what is wrong.
func (r *reloader) report(done control.Reload, why string) {
	var words []string
	for _, m := range done.Modules {
		if m.Action == control.Untouched {
			continue
		}
		words = append(words, fmt.Sprintf("%s: %s", m.Module, m.Action))
		r.log.Info("module reloaded", reloadFacts(m)...)
	}
	for _, c := range done.Settings {
		if c.Restart {
			words = append(words, fmt.Sprintf("%s will be %s once the service is restarted", c.Key, c.New))
			r.log.Warn("a setting holds after a restart of the service only", "key", c.Key, "old", c.Old, "new", c.New, "where", c.Where)
			continue
		}
		words = append(words, fmt.Sprintf("%s is %s now", c.Key, c.New))
		r.log.Info("setting changed", "key", c.Key, "old", c.Old, "new", c.New, "where", c.Where)
	}
	for _, p := range done.Problems {
		r.log.Error(r.meaning(p), "module", p.Module, "problem", line(p), "hint", p.Hint)
	}
	text := "configuration read again, " + strings.Join(words, ", ")
	if len(words) == 0 {
		text = "configuration read again, nothing has changed"
	}
	e := control.Event{Kind: control.EventReload, Text: text, Count: int64(len(done.Problems))}
	if n := len(done.Problems); n > 0 {
		e.Text += fmt.Sprintf("; %s, the first: %s", plural(n, "problem"), line(done.Problems[0]))
		e.Hint = done.Problems[0].Hint
	}
	r.hub.publish(e)
	r.log.Info("configuration read", "why", why, "modules", len(done.Modules), "changed", len(words), "problems", len(done.Problems))
}

// reloadFacts are what the log says of a module that was reloaded.
func reloadFacts(m control.ModuleReload) []any {
	out := []any{"module", m.Module, "action", m.Action}
	if m.Why != "" {
		out = append(out, "why", m.Why)
	}
	var keys []string
	for _, c := range m.Changes {
		keys = append(keys, c.Key)
	}
	if len(keys) > 0 {
		out = append(out, "changed", strings.Join(keys, ", "))
	}
	if n := len(m.Added) + len(m.Removed); n > 0 {
		out = append(out, "targets_added", len(m.Added), "targets_removed", len(m.Removed))
	}
	return out
}

// meaning says what follows from a problem.
func (r *reloader) meaning(p control.Problem) string {
	switch {
	case p.Module == "":
		return "configuration has a problem"
	case r.fleet.get(p.Module) == nil:
		return "module left out"
	}
	return "module goes on as it was, its configuration has a problem"
}

// line is a problem in one line, with its place.
func line(p control.Problem) string {
	first, _, _ := strings.Cut(p.Text, "\n")
	return first
}
