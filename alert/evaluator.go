package alert

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// calm is for how long a trouble has to be gone before it is over, so that one
// that comes and goes is told once.
const calm = time.Minute

// key names a trouble.
type key struct {
	Rule   string `json:"rule"`
	Module string `json:"module"`
	Target string `json:"target,omitempty"`
}

// trouble is a condition that holds, or held less than calm ago.
type trouble struct {
	Since  time.Time `json:"since"`
	Raised bool      `json:"raised"` // and so has to recover
	Told   time.Time `json:"told"`   // last
	Repeat int       `json:"repeat,omitempty"`

	gone time.Time // since when it is not any more; zero while it is
}

// evaluator compares how everything is with rules. It does no I/O and asks for
// no time.
type evaluator struct {
	rules    []control.AlertRule
	host     string
	troubles map[key]*trouble
	seen     map[string]*history // by module
}

func newEvaluator(rules []control.AlertRule, host string) *evaluator {
	return &evaluator{rules: rules, host: host, troubles: map[key]*trouble{}, seen: map[string]*history{}}
}

// replace changes the rules. What was raised by those that are no more, or are
// about something else now, is forgotten.
func (e *evaluator) replace(rules []control.AlertRule) {
	about := map[string]control.AlertKind{}
	for _, r := range e.rules {
		about[r.Name] = r.On
	}
	stays := map[string]bool{}
	for _, r := range rules {
		stays[r.Name] = about[r.Name] == r.On
	}
	maps.DeleteFunc(e.troubles, func(k key, _ *trouble) bool { return !stays[k.Rule] })
	e.rules = rules
}

// look returns what is to be told about an overview, in order of rules and
// modules.
func (e *evaluator) look(now time.Time, o control.Overview) []Message {
	e.remember(now, o)
	var out []Message
	met := map[key]bool{}
	for _, r := range e.rules {
		for _, f := range e.findings(now, r, o) {
			met[f.key] = true
			if m, tell := e.weigh(now, r, f); tell {
				out = append(out, m)
			}
		}
	}
	return append(out, e.vanished(now, met)...)
}

// weigh brings the trouble that a finding is about up to date.
func (e *evaluator) weigh(now time.Time, r control.AlertRule, f finding) (Message, bool) {
	t, known := e.troubles[f.key]
	switch {
	case f.unknown, !f.bad && !known:
		return Message{}, false
	case !f.bad:
		return e.better(now, r, f, t)
	case !known:
		t = &trouble{Since: now}
		e.troubles[f.key] = t
	}
	t.gone = time.Time{}
	if !f.since.IsZero() && f.since.Before(t.Since) && !t.Raised {
		t.Since = f.since
	}
	switch {
	case !t.Raised && now.Sub(t.Since) < f.patience:
		return Message{}, false
	case t.Raised && (r.Every == 0 || now.Sub(t.Told) < r.Every):
		return Message{}, false
	case t.Raised:
		t.Repeat++
	}
	t.Raised, t.Told = true, now
	return e.message(now, r, f, t, Raised), true
}

// better deals with a trouble that is not there at the moment.
func (e *evaluator) better(now time.Time, r control.AlertRule, f finding, t *trouble) (Message, bool) {
	if t.gone.IsZero() {
		t.gone = now
	}
	if now.Sub(t.gone) < calm {
		return Message{}, false
	}
	delete(e.troubles, f.key)
	if !t.Raised {
		return Message{}, false
	}
	return e.message(now, r, f, t, Recovered), true
}

// vanished ends the troubles of what is not configured any more.
func (e *evaluator) vanished(now time.Time, met map[key]bool) []Message {
	var out []Message
	for k, t := range e.troubles {
		if met[k] {
			continue
		}
		i := slices.IndexFunc(e.rules, func(r control.AlertRule) bool { return r.Name == k.Rule })
		gone := finding{key: k, text: cmp.Or(k.Target, k.Module) + " is not configured any more"}
		if m, tell := e.better(now, e.rules[i], gone, t); tell {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b Message) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Module, b.Module), cmp.Compare(a.Target, b.Target))
	})
	return out
}

func (e *evaluator) message(now time.Time, r control.AlertRule, f finding, t *trouble, state string) Message {
	return Message{
		ID: idOf(e.host, f.key, t.Since), Name: r.Name, Kind: r.On, Module: f.Module, Target: f.Target,
		State: state, Since: t.Since, Time: now, Value: f.value, Threshold: threshold(r),
		Text: f.say(t, now), Hint: f.hint, Host: e.host, Repeat: t.Repeat,
	}
}

// threshold is what the rule allows, in the unit of the value.
func threshold(r control.AlertRule) float64 {
	if r.On == control.AlertFailures {
		return float64(r.Count)
	}
	return r.Over.Seconds()
}

// concerns reports whether a rule is for a module.
func concerns(r control.AlertRule, module string) bool {
	if len(r.Modules) == 0 {
		return true
	}
	return slices.ContainsFunc(r.Modules, func(pattern string) bool {
		ok, err := path.Match(pattern, module)
		return ok && err == nil
	})
}

// overflowQuiet is for how long no event may be lost until that is over.
const overflowQuiet = 5 * time.Minute

// history is what has to be known of a module to see that a count grew.
type history struct {
	started    time.Time // of the process whose count it is
	overflows  int64
	overflowed time.Time // when the count grew last
	restarts   int
	died       bool // between the last look and the one before
}

// remember notes what grew since the last look. What a process has counted
// when it is seen for the first time has grown since it was started.
func (e *evaluator) remember(now time.Time, o control.Overview) {
	seen := map[string]*history{}
	for _, m := range o.Modules {
		h, known := e.seen[m.Name]
		if !known {
			h = &history{restarts: m.Restarts}
		}
		h.died = m.Restarts > h.restarts
		h.restarts = m.Restarts
		if s := m.Status; s != nil {
			if !s.Started.Equal(h.started) {
				h.started, h.overflows = s.Started, 0
			}
			if s.Overflows > h.overflows {
				h.overflowed = now
			}
			h.overflows = s.Overflows
		}
		seen[m.Name] = h
	}
	e.seen = seen
}
