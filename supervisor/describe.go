package supervisor

import (
	"cmp"
	"fmt"
	"time"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// silent is after how long without an answer an instance that runs is called
// degraded.
const silent = 3 * time.Second

// facts are all that is known of a module.
type facts struct {
	name      string
	file      string // that people know
	module    *config.Module
	problems  []control.Problem
	wanted    control.Wanted
	wantedWhy string
	kept      keeperStatus
	sight     sight
}

// facts gathers what is known of a member.
func (f *fleet) facts(m *member) facts {
	kept, seen := m.keeper.status(), m.view.seen()
	f.mu.Lock()
	defer f.mu.Unlock()
	w, why := m.wanted()
	return facts{m.name, cmp.Or(f.madeFrom, m.module.File), m.module, m.problems, w, why, kept, seen}
}

// describe is the module as everybody sees it.
func (f facts) describe(now time.Time) control.Module {
	k := f.kept
	out := control.Module{
		Name: f.name, File: f.file, Wanted: f.wanted, WantedWhy: f.wantedWhy, Priority: f.module.Priority,
		State: k.State, Reason: k.Reason, Hint: k.Hint, Since: k.Since,
		Pid: k.Pid, Started: moment(k.Started), NextStart: moment(k.NextStart),
		Restarts: k.Restarts, Deaths: k.Deaths, Memory: k.Memory,
		Problems: f.problems, Targets: len(f.module.Targets),
	}
	if st := f.sight.status; st != nil && k.Pid != 0 && st.Pid == k.Pid {
		out.Take(st)
		out.Started, out.Rate = moment(k.Started), f.sight.rate
	}
	f.judge(&out, now)
	return out
}

// judge finds the module's state. The supervisor knows better when there is no
// process; the process itself otherwise.
func (f facts) judge(out *control.Module, now time.Time) {
	switch {
	case f.wanted == control.WantedDisabled:
		out.State, out.Reason, out.Hint = control.Disabled, "by "+f.wantedWhy, "syncsvc enable "+f.name
		if !f.module.Enabled {
			out.Hint = "take enabled: false out of " + f.wantedWhy
		}
	case f.wanted == control.WantedDown:
		out.State, out.Reason, out.Hint = control.Stopped, "stopped on request", "syncsvc start "+f.name
	case out.Status != nil:
		if age := now.Sub(f.sight.at); f.sight.err != nil && age >= silent {
			out.State, out.Since = control.Degraded, f.sight.at
			out.Reason = fmt.Sprintf("its process has not answered for %s; what is shown is that old", age.Round(time.Second))
			out.Hint = "wait: a process that hangs is restarted by itself; or: syncsvc restart " + f.name
		}
	case f.kept.State == control.Live: // it is up, and will tell more in a moment
		out.State = control.Starting
	}
}

// moment is nil for the zero time, which JSON has no word for.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
