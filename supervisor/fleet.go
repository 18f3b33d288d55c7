package supervisor

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// fleet is the set of modules. It knows how they start and end, not why.
type fleet struct {
	stateDir, runDir string
	madeFrom         string                       // see Options
	keeper           func(*config.Module) *keeper // makes one
	hub              *hub
	log              *slog.Logger

	running sync.WaitGroup // keepers, and what launches them

	mu      sync.Mutex // guards what follows and the members' fields that say so
	members map[string]*member
	broken  map[string][]control.Problem // of files as they are now, by module
	general []control.Problem            // of no module
	leaving map[string]*departure        // modules that were removed and whose process lives
}

// add makes a module a member. It does not run before it is launched.
func (f *fleet) add(c *config.Module) *member {
	m := &member{
		name: c.Name, home: filepath.Join(f.stateDir, c.Name), module: c,
		keeper: f.keeper(c), view: newView(control.Socket(f.runDir, c.Name)),
	}
	if err := m.recall(); err != nil {
		f.log.Error("disabled or not is unknown, taken for enabled", "module", c.Name, "err", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	m.obey()
	if f.members == nil {
		f.members = map[string]*member{}
	}
	f.members[c.Name] = m
	return m
}

// begin lets a member's keeper run until ctx ends or the member is removed.
func (f *fleet) begin(ctx context.Context, m *member) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m.gone || m.ended != nil {
		return
	}
	ctx, m.end = context.WithCancel(ctx)
	m.ended = make(chan struct{})
	f.running.Go(func() {
		defer close(m.ended)
		defer m.end()
		if !f.awaitLeaving(ctx, m) {
			return
		}
		var beside sync.WaitGroup
		beside.Go(func() { f.listen(ctx, m) })
		m.keeper.run(ctx)
		m.end()
		beside.Wait()
	})
}

// all returns the members in the order of their names.
func (f *fleet) all() []*member {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.SortedFunc(maps.Values(f.members), func(a, b *member) int { return cmp.Compare(a.name, b.name) })
}

// get returns one member, nil when there is none of that name.
func (f *fleet) get(name string) *member {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.members[name]
}

// configured returns the version of each module that is in force.
func (f *fleet) configured() map[string]*config.Module {
	f.mu.Lock()
	defer f.mu.Unlock()
	in := map[string]*config.Module{}
	for name, m := range f.members {
		in[name] = m.module
	}
	return in
}

// note takes over a version of a module that means the same. Its keeper hears
// of it only when the file is another, because any word ends a delay.
func (f *fleet) note(m *member, c *config.Module) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m.module.File != c.File {
		m.keeper.configure(c, false)
	}
	m.module = c
}

// configure puts another version of a module in force; see keeper.configure. It
// reports whether the module is wanted then.
func (f *fleet) configure(m *member, c *config.Module, restart bool) (wanted bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m.module = c
	m.keeper.configure(c, restart)
	m.obey()
	w, _ := m.wanted()
	return w == control.WantedUp
}

// blame says what is wrong with files as they are now. What is not about a
// member is kept for whoever asks why there is no such module.
func (f *fleet) blame(r reading) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken, f.general = r.problems, r.general
	for name, m := range f.members {
		m.problems = r.of(name, m.module.File)
	}
}

// homeless are the problems that are about no member.
func (f *fleet) homeless() []control.Problem {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := slices.Clone(f.general)
	for _, name := range slices.Sorted(maps.Keys(f.broken)) {
		if f.members[name] == nil {
			list = append(list, f.broken[name]...)
		}
	}
	return list
}
