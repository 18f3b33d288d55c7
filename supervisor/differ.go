package supervisor

import (
	"cmp"
	"slices"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// step is what a reload does with one module.
type step struct {
	control.ModuleReload
	old, new *config.Module
}

// differ says what it takes to come from the modules in force to those of a
// reading. again says which modules have to be started again whatever their
// files say, and why.
func differ(in map[string]*config.Module, r reading, again map[string]string) []step {
	var steps []step
	for name, old := range in {
		steps = append(steps, change(name, old, r, again[name]))
	}
	for name, m := range r.modules {
		if in[name] == nil {
			steps = append(steps, step{new: m, ModuleReload: control.ModuleReload{
				Module: name, File: m.File, Action: control.AddModule, Why: "its file is new", FullSync: urls(m),
			}})
		}
	}
	slices.SortFunc(steps, func(a, b step) int { return cmp.Compare(a.Module, b.Module) })
	return steps
}

// change is the step of a module that is in force.
func change(name string, old *config.Module, r reading, again string) step {
	now := r.modules[name]
	s := step{old: old, new: now, ModuleReload: control.ModuleReload{Module: name, File: old.File}}
	switch {
	case now == nil && len(r.of(name, old.File)) > 0:
		s.Action, s.Why = control.KeepOld, "its file is invalid; what was read before goes on"
		return s
	case now == nil && (r.absent || len(r.general) > 0):
		s.Action, s.Why = control.KeepOld, "the folder of module files is not there, or can't be read"
		return s
	case now == nil:
		s.Action, s.Why = control.RemoveModule, "its file is gone"
		return s
	}
	s.File = now.File
	s.compare(again)
	return s
}

// urls are the targets of a module that are compared as a whole when it starts
// for the first time.
func urls(m *config.Module) []string {
	var list []string
	if m.FullSync == config.FullNever {
		return nil
	}
	for _, t := range m.Targets {
		list = append(list, t.URL)
	}
	return list
}

// compare decides about a module whose file is valid. again says why it has to
// be started again even if nothing has changed.
func (s *step) compare(again string) {
	d := config.Compare(s.old, s.new)
	s.Action = actionFor(d.Effect)
	s.Added, s.Removed, s.FullSync = d.Added, d.Removed, d.FullSync
	for _, c := range d.Changes {
		s.Changes = append(s.Changes, control.KeyChange(c))
	}
	if again != "" && s.Action != control.Restart {
		s.Action, s.Why = control.Restart, again
	}
}

// actionFor is what a reload does about a difference.
func actionFor(e config.Effect) control.Action {
	switch e {
	case config.Untouched:
		return control.Untouched
	case config.InPlace:
		return control.InPlace
	case config.Retarget:
		return control.Retarget
	}
	return control.Restart
}
