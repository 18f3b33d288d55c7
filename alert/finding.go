package alert

import (
	"fmt"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// finding is how one thing is that a rule is about.
type finding struct {
	key
	bad      bool
	unknown  bool          // it cannot be told at the moment: nothing changes
	since    time.Time     // when it became bad, if that is known
	patience time.Duration // for how long it may be bad
	value    float64
	text     string // what is the matter, or how it is now
	hint     string
}

// say is the text of a message. That a trouble is over says for how long it
// was.
func (f finding) say(t *trouble, now time.Time) string {
	if f.bad {
		return f.text
	}
	return fmt.Sprintf("%s, after %s", f.text, span(now.Sub(t.Since)))
}

// span writes a time for people, to the second.
func span(d time.Duration) string { return d.Round(time.Second).String() }

// seconds is a span as the API has it.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// findings returns how everything is that a rule is about.
func (e *evaluator) findings(now time.Time, r control.AlertRule, o control.Overview) []finding {
	var out []finding
	for _, m := range o.Modules {
		switch {
		case !concerns(r, m.Name):
		case r.On == control.AlertDown:
			out = append(out, e.down(r, m))
		case r.On == control.AlertOverflow:
			out = append(out, e.overflow(now, r, m))
		default:
			out = append(out, e.atTargets(now, r, m)...)
		}
	}
	if r.On == control.AlertDown {
		out = append(out, broken(r, o)...)
	}
	return out
}

// atTargets looks at each target of a module.
func (e *evaluator) atTargets(now time.Time, r control.AlertRule, m control.Module) []finding {
	if m.Status == nil {
		return e.unseen(r, m)
	}
	var out []finding
	for _, t := range m.Status.Targets {
		f := finding{key: key{r.Name, m.Name, t.URL}}
		switch r.On {
		case control.AlertLag:
			f.lag(now, r, t)
		case control.AlertAway:
			f.away(now, r, t)
		case control.AlertHeld:
			f.held(r, t)
		case control.AlertFailures:
			f.failures(r, t)
		}
		out = append(out, f)
	}
	return out
}

// unseen is about the targets of a module that does not run: nothing is known
// of them, but one that is not to run owes nobody anything.
func (e *evaluator) unseen(r control.AlertRule, m control.Module) []finding {
	var out []finding
	for k := range e.troubles {
		if k.Rule == r.Name && k.Module == m.Name {
			out = append(out, finding{key: k, unknown: m.Wanted == control.WantedUp, text: m.Name + " is not to run any more"})
		}
	}
	return out
}

func (f *finding) lag(now time.Time, r control.AlertRule, t control.Target) {
	f.value = t.Lag
	f.bad = seconds(t.Lag) > r.Over
	f.hint = t.Hint
	if f.hint == "" {
		f.hint = "syncsvc status " + f.Module
	}
	f.text = fmt.Sprintf("%s: %s is up to date again", f.Module, t.URL)
	if f.bad {
		f.since = now.Add(-seconds(t.Lag))
		f.text = fmt.Sprintf("%s: %s is behind by %s, more than %s; paths owed: %d", f.Module, t.URL, span(seconds(t.Lag)), span(r.Over), t.Owed)
	}
}

func (f *finding) away(now time.Time, r control.AlertRule, t control.Target) {
	f.bad = t.State == control.Backoff
	f.patience = r.Over
	f.hint = t.Hint
	f.text = fmt.Sprintf("%s: %s is back", f.Module, t.URL)
	if f.bad {
		f.since = t.Since
		f.value = now.Sub(t.Since).Seconds()
		f.text = fmt.Sprintf("%s: %s has been away for %s%s", f.Module, t.URL, span(now.Sub(t.Since)), because(t.Reason, t.LastError))
	}
}

func (f *finding) held(r control.AlertRule, t control.Target) {
	f.bad = t.Held > 0
	f.patience = r.Over
	f.value = float64(t.Held)
	f.text = fmt.Sprintf("%s: no deletion waits at %s any more", f.Module, t.URL)
	if f.bad {
		f.text = fmt.Sprintf("%s: deletions that wait for approval at %s: %d", f.Module, t.URL, t.Held)
		f.hint = "syncsvc approve " + f.Module
	}
}

func (f *finding) failures(r control.AlertRule, t control.Target) {
	f.bad = t.Failing > r.Count
	f.value = float64(t.Failing)
	f.text = fmt.Sprintf("%s: paths that fail at %s: %d", f.Module, t.URL, t.Failing)
	if f.bad {
		f.hint = "syncsvc failures " + f.Module
	}
}

// down looks whether a module that should run does.
func (e *evaluator) down(r control.AlertRule, m control.Module) finding {
	f := finding{key: key{r.Name, m.Name, ""}, patience: r.Over, text: m.Name + " runs again"}
	switch {
	case m.Wanted != control.WantedUp:
		f.text = fmt.Sprintf("%s is not to run any more", m.Name)
	case m.Pid == 0 && m.State != control.Starting:
		f.bad, f.since = true, m.Since
		f.text = fmt.Sprintf("%s does not run%s", m.Name, because(m.Reason, lastCause(m)))
	case r.Over == 0 && e.seen[m.Name].died:
		f.bad = true
		f.text = fmt.Sprintf("%s died and was started again%s", m.Name, because(lastCause(m)))
	case m.State == control.Starting:
		f.unknown = true
	}
	if f.bad {
		f.value = float64(m.Restarts)
		f.hint = m.Hint
		if f.hint == "" {
			f.hint = "syncsvc status " + m.Name
		}
	}
	return f
}

// broken finds modules that do not run because of their files.
func broken(r control.AlertRule, o control.Overview) []finding {
	var out []finding
	known := map[string]bool{}
	for _, m := range o.Modules {
		known[m.Name] = true
	}
	for _, p := range o.Problems {
		if p.Module == "" || known[p.Module] || !concerns(r, p.Module) {
			continue
		}
		known[p.Module] = true
		out = append(out, finding{
			key: key{r.Name, p.Module, ""}, bad: true, patience: r.Over,
			text: fmt.Sprintf("%s does not run: %s:%d: %s", p.Module, p.File, p.Line, p.Message), hint: p.Hint,
		})
	}
	return out
}

// overflow looks whether the kernel dropped events lately.
func (e *evaluator) overflow(now time.Time, r control.AlertRule, m control.Module) finding {
	h := e.seen[m.Name]
	f := finding{key: key{r.Name, m.Name, ""}, value: float64(h.overflows), text: m.Name + ": no event was lost any more"}
	f.bad = !h.overflowed.IsZero() && now.Sub(h.overflowed) < overflowQuiet
	if f.bad {
		f.text = fmt.Sprintf("%s: the kernel dropped events, %d times since the module started; a scan finds what was missed", m.Name, h.overflows)
		f.hint = "raise fs.inotify.max_queued_events; see \"syncsvc check " + m.Name + "\""
	}
	return f
}

// because adds the first reason that is known.
func because(reasons ...string) string {
	for _, r := range reasons {
		if r != "" {
			return ": " + r
		}
	}
	return ""
}

func lastCause(m control.Module) string {
	if len(m.Deaths) == 0 {
		return ""
	}
	return m.Deaths[len(m.Deaths)-1].Cause
}
