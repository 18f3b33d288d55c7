package console

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/syncsvc/syncsvc/control"
)

// Trouble is one thing that is wrong with a module, for people.
type Trouble struct {
	Why string // one line
	Do  string // one line: what to do about it; "" when it passes by itself
}

// Troubles returns what is wrong with a module; none when it is well.
func Troubles(m control.Module) []Trouble {
	var found []Trouble
	for _, p := range m.Problems {
		found = append(found, problemTrouble(p))
	}
	if t, ill := stateTrouble(m); ill && (len(found) == 0 || m.State != control.Misconfigured) {
		found = append(found, t)
	}
	return found
}

func stateTrouble(m control.Module) (Trouble, bool) {
	switch m.State {
	case control.Live:
		return Trouble{}, false
	case control.Starting, control.Scanning:
		if m.Hint == "" && m.Restarts == 0 {
			return Trouble{}, false
		}
	}
	worst := worstTarget(m)
	why := cmp.Or(m.Reason, m.WantedWhy, worst.Reason, string(m.State))
	do := cmp.Or(m.Hint, worst.Hint, whatToDo(m))
	return Trouble{Why: Safe(firstLine(why)), Do: Safe(firstLine(strings.ReplaceAll(do, "MODULE", m.Name)))}, true
}

// worstTarget is the target that needs a person most, with its URL before its
// reason.
func worstTarget(m control.Module) control.Target {
	if m.Status == nil || len(m.Status.Targets) == 0 {
		return control.Target{}
	}
	worst := slices.MinFunc(m.Status.Targets, func(a, b control.Target) int {
		return cmp.Compare(severity(a.State), severity(b.State))
	})
	if worst.Reason != "" {
		worst.Reason = worst.URL + ": " + worst.Reason
	}
	return worst
}

// whatToDo is what helps against a state when nobody knows better.
func whatToDo(m control.Module) string {
	switch m.State {
	case control.Held:
		return "syncsvc status " + m.Name + "; if the deletions are meant: syncsvc approve " + m.Name
	case control.Paused:
		return "syncsvc resume " + m.Name
	case control.Stopped:
		return "syncsvc start " + m.Name
	case control.Disabled:
		return "syncsvc enable " + m.Name
	case control.Misconfigured:
		return "syncsvc config check " + cmp.Or(m.File, m.Name)
	case control.Degraded:
		if m.Failing > 0 {
			return "syncsvc failures " + m.Name
		}
	case control.Backoff:
		if m.Pid == 0 {
			return "syncsvc status " + m.Name + "; syncsvc logs " + m.Name
		}
	}
	return "syncsvc check " + m.Name
}

// problemTrouble is where a configuration file is wrong, in what, and what to
// do.
func problemTrouble(p control.Problem) Trouble {
	t := Trouble{Why: Safe(place(p) + firstLine(p.Message)), Do: Safe(firstLine(p.Hint))}
	if t.Do == "" {
		t.Do = "correct the file, then: syncsvc reload"
	}
	return t
}

// place is "FILE:LINE:COLUMN: KEY: " as far as it is known.
func place(p control.Problem) string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File + ":")
		if p.Line > 0 {
			fmt.Fprintf(&b, "%d:", p.Line)
			if p.Column > 0 {
				fmt.Fprintf(&b, "%d:", p.Column)
			}
		}
		b.WriteByte(' ')
	}
	if p.Key != "" && !strings.HasPrefix(p.Message, p.Key) {
		b.WriteString(p.Key + ": ")
	}
	return b.String()
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// severity orders states, the worst first.
func severity(s control.State) int {
	order := []control.State{
		control.Misconfigured, control.WaitingSource, control.Held, control.Backoff, control.Degraded,
		control.Paused, control.Starting, control.Scanning, control.Live, control.Stopped, control.Disabled,
	}
	if i := slices.Index(order, s); i >= 0 {
		return i
	}
	return -1
}

// WorstFirst returns modules in the order of how much they need a person.
func WorstFirst(modules []control.Module) []control.Module {
	sorted := slices.Clone(modules)
	slices.SortStableFunc(sorted, func(a, b control.Module) int {
		return cmp.Or(
			cmp.Compare(rank(a), rank(b)),
			cmp.Compare(b.Lag, a.Lag),
			cmp.Compare(a.Name, b.Name),
		)
	})
	return sorted
}

// rank is the severity of a module. One whose file is wrong needs a person
// even while its former version does its work.
func rank(m control.Module) int {
	r := severity(m.State)
	switch {
	case m.Pid == 0 && m.State == control.Backoff: // it died
		r = 0
	case len(m.Problems) > 0:
		r = min(r, severity(control.Held))
	}
	return r
}
