package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/syncsvc/syncsvc/config"
)

// sideBySide compares each module with all others. Targets in the same place
// are an error of configuration; what is left are things that work, but are
// seldom meant, and the one that never ends.
func (e *exam) sideBySide() []Finding {
	var findings []Finding
	all := append(slices.Clone(e.Modules), e.Others...)
	for i, m := range all[:len(e.Modules)] {
		for _, other := range all[i+1:] {
			findings = append(findings, nested(m, other)...)
			findings = append(findings, circle(m, other)...)
		}
	}
	return findings
}

// nested tells of a source inside another one.
func nested(m, other *config.Module) []Finding {
	if !within(m.Watch, other.Watch) && !within(other.Watch, m.Watch) {
		return nil
	}
	about := Finding{Module: m.Name, What: "modules side by side"}
	if m.Watch == other.Watch {
		return []Finding{about.with(Warn, fmt.Sprintf("module %q watches %s too, so it is watched and read twice", other.Name, m.Watch),
			"one module can have several targets")}
	}
	outer, inner := m, other
	if within(m.Watch, other.Watch) {
		outer, inner = other, m
	}
	return []Finding{about.with(Warn, fmt.Sprintf("%s, which module %q watches, lies in %s of module %q", inner.Watch, inner.Name, outer.Watch, outer.Name),
		fmt.Sprintf("if that is not meant: exclude %q in module %q", strings.TrimPrefix(inner.Watch, strings.TrimSuffix(outer.Watch, "/")), outer.Name))}
}

// circle tells of two modules that each feed what the other watches.
func circle(m, other *config.Module) []Finding {
	there, back := feeds(m, other), feeds(other, m)
	if there == "" || back == "" {
		return nil
	}
	return []Finding{{
		Module: m.Name, Target: there, What: "modules side by side", Level: Bad,
		Message: fmt.Sprintf("module %q watches this target and mirrors it back to %s: what is deleted on one side is lost on both, or comes back for ever", other.Name, back),
		Hint:    "a mirror has one direction; remove one of the two modules",
	}}
}

// feeds returns a local target of m in what other watches, or around it.
func feeds(m, other *config.Module) string {
	for i := range m.Targets {
		t := &m.Targets[i]
		if t.Kind == config.Local && (within(t.Path, other.Watch) || within(other.Watch, t.Path)) {
			return t.URL
		}
	}
	return ""
}

// within reports whether a clean absolute path is dir or lies in it.
func within(p, dir string) bool {
	return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}
