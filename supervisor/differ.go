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
	case now == nil && len(r.problems[name]) > 0:
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

// compare decides about a module whose file is valid.
func (s *step) compare(again string) {
	switch {
	case s.old.Fingerprint() != s.new.Fingerprint():
		s.Action = control.Restart
	case again != "":
		s.Action, s.Why = control.Restart, again
	default:
		s.Action = control.Untouched
	}
}
