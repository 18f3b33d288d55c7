package instance

import (
	"cmp"
	"fmt"
	"os"
	"time"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/watch"
)

// statusFailures is how much of the fail list status shows.
const statusFailures = 10

// status is the module as it is now.
func (in *instance) status(now time.Time) control.Status {
	src := in.source.status()
	st := control.Status{
		Module: in.module().Name, State: src.state, Reason: src.reason, Hint: src.hint, Since: src.since,
		Pid: os.Getpid(), Started: in.started,
		Watch:   in.module().Watch,
		Backend: string(src.watch.Backend), BackendWhy: src.watch.Why,
		Folders: int64(src.watch.Folders), Polled: src.watch.Polled, PolledAll: int64(src.watch.PolledCount),
		WatchLimit: watchLimit(src.watch), Watches: watches(src.watch),
		WatchHint: src.watch.LimitHint, Events: src.watch.Events, Overflows: src.watch.Overflows,
		LogLevel: in.logLevel(), Fingerprint: in.module().Fingerprint(),
		Scans: in.sweeper.walks.Load(), Entries: in.ground.entries.Load(),
	}
	for _, p := range in.ground.inner.lost() {
		st.LostMounts = append(st.LostMounts, control.Path(p))
	}
	for _, t := range in.targets() {
		st.Targets = append(st.Targets, t.status(now, src.horizon))
	}
	st.Hooks = in.messages.status()
	if st.State == control.Live {
		in.judge(&st)
	}
	return st
}

// watches is how many inotify watches the module holds.
func watches(w watch.Status) int64 {
	if w.Backend != watch.Inotify {
		return 0
	}
	return int64(w.Folders)
}

// watchLimit is how many there may be for the user; 0 when none are needed.
func watchLimit(w watch.Status) int64 {
	if w.Backend != watch.Inotify {
		return 0
	}
	return watch.Limit()
}

// judge finds the one word for a module whose source is well: the most urgent
// thing that is so.
func (in *instance) judge(st *control.Status) {
	count := make(map[control.State]int)
	worst := make(map[control.State]control.Target)
	for _, t := range st.Targets {
		if count[t.State]++; count[t.State] == 1 {
			worst[t.State] = t
		}
	}
	say := func(s control.State, from control.Target) {
		st.State, st.Reason, st.Hint, st.Since = s, from.URL+": "+from.Reason, from.Hint, from.Since
	}
	switch {
	case count[control.Paused] == len(st.Targets):
		st.State, st.Reason = control.Paused, "on request; changes are collected"
		st.Hint = "syncsvc resume " + st.Module
	case count[control.Held] > 0:
		say(control.Held, worst[control.Held])
	case count[control.Backoff] == len(st.Targets):
		say(control.Backoff, worst[control.Backoff])
	case count[control.Backoff] > 0:
		say(control.Degraded, worst[control.Backoff])
	case len(st.LostMounts) > 0:
		st.State, st.Reason = control.Degraded, fmt.Sprintf("nothing is mounted at %q any more; nothing is deleted there", st.LostMounts[0])
		st.Hint = lostMountHint(st.Module)
	case in.sweeper.active.Load():
		st.State, st.Reason = control.Scanning, "looking for what changed"
	case count[control.Scanning] > 0:
		say(control.Scanning, worst[control.Scanning])
	case count[control.Degraded] > 0:
		say(control.Degraded, worst[control.Degraded])
	default:
		in.judgePolling(st)
	}
}

// judgePolling says so when the kernel should tell of changes and does not, as
// they are found late then.
func (in *instance) judgePolling(st *control.Status) {
	whole := st.Backend == string(watch.Poll)
	switch {
	case in.module().Backend == config.BackendPoll:
	case whole:
		st.State, st.Reason = control.Degraded, "the tree is polled, not watched: "+st.BackendWhy
		st.Hint = cmp.Or(st.WatchHint, `what changes is found every "poll_every"; if that will do, say so in its file: backend: poll`)
	case st.PolledAll > 0 && st.WatchHint != "":
		st.State, st.Reason = control.Degraded, fmt.Sprintf("folders that are polled, not watched: %d", st.PolledAll)
		st.Hint = st.WatchHint
	}
}

// status is the target as it is now; seen is the moment up to which every
// change is known.
func (t *target) status(now, seen time.Time) control.Target {
	t.mu.Lock()
	defer t.mu.Unlock()
	all, flying := t.ledger.owedLen()
	st := control.Target{
		URL: t.name, Owed: all, InFlight: flying, Lag: t.lag(now).Seconds(),
		Upto: stamp(t.upto), LastSuccess: stamp(t.success),
		LastError: t.lastErr, LastErrorAt: stamp(t.errAt),
		Held: int64(t.ledger.held.total()), Failing: len(t.ledger.failing.paths), Counters: t.tally,
		JobTimes: t.jobTimes.Clone(), Delays: t.delays.Clone(),
	}
	st.State, st.Reason, st.Hint = t.state()
	if why := t.turnWaited(); why != "" && (st.State == control.Live || st.State == control.Scanning) {
		st.Reason = why
	}
	if t.circuit.open() {
		st.NextTry = stamp(t.circuit.until)
	}
	for i, f := range t.ledger.failing.list() {
		if i == statusFailures {
			break
		}
		st.FailList = append(st.FailList, f.words())
	}
	for j, f := range t.flights {
		st.Transfers = append(st.Transfers, control.Job{
			What: j.shape.String(), Path: control.Path(j.items[0].Path), Paths: len(j.items),
			Started: j.started, Bytes: f.meter.progress.Bytes(),
		})
	}
	t.stateIs(st.State, now)
	st.Since = t.stateSince
	return st
}

// noteState remembers since when the state is what it is.
func (t *target) noteState(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	state, _, _ := t.state()
	t.stateIs(state, now)
}

// stateIs is what noteState does; the caller holds mu.
func (t *target) stateIs(state control.State, now time.Time) {
	if state == t.stateSeen {
		return
	}
	_, reason, hint := t.state()
	t.events.tell(stateEvent(t.name, t.stateSeen, state, reason, hint))
	t.stateSeen, t.stateSince = state, now
	wakeUp(t.news)
}

// state is the target's state in one word, why, and what to do; the caller
// holds mu.
func (t *target) state() (state control.State, reason, hint string) {
	switch {
	case t.paused:
		return control.Paused, "on request; changes are collected", ""
	case t.ledger.held.total() > 0:
		return control.Held, several(t.ledger.held.total(), "deletion waits", "deletions wait") + " for approval",
			fmt.Sprintf("see them with: syncsvc verify %s; if they are meant, run: syncsvc approve %[1]s", t.module)
	case t.circuit.open():
		return control.Backoff, t.circuit.reason, t.circuit.hint
	case !t.based && t.source == "": // whether it needs a full sync is not known yet
		return control.Starting, "the source is not watched yet", ""
	case !t.based:
		return control.Scanning, "full sync", ""
	case t.sweeping || len(t.ledger.walking) > 0:
		return control.Scanning, "looking for what changed", ""
	case len(t.ledger.failing.paths) > 0:
		return control.Degraded, several(len(t.ledger.failing.paths), "path fails", "paths fail"),
			"see why: syncsvc failures " + t.module
	default:
		return control.Live, "", ""
	}
}

// lag is the age of the oldest change that is not there yet; the caller holds
// mu. A comparison of what is there already does not count.
func (t *target) lag(now time.Time) time.Duration {
	oldest := t.ledger.oldest(!t.based)
	if oldest.IsZero() {
		return 0
	}
	return max(0, now.Sub(oldest))
}

// stamp is nil for the zero time, which JSON has no word for.
func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// sourceStatus is what status needs to know of the source.
type sourceStatus struct {
	state        control.State
	reason, hint string
	since        time.Time
	horizon      time.Time
	watch        watch.Status
}

func (s *source) status() sourceStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := sourceStatus{state: s.state, reason: s.reason, hint: s.hint, since: s.since, horizon: s.lost}
	if s.watcher != nil {
		st.watch, st.horizon = s.watcher.Status(), s.watcher.Horizon()
	}
	return st
}

// behind says what t lacks of everything that changed before moment; "" when
// nothing.
func (t *target) behind(moment time.Time) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	oldest := t.ledger.oldest(!t.based)
	switch {
	case !t.based:
		return t.name + ": the full sync is not finished"
	case t.ledger.held.total() > 0:
		return fmt.Sprintf("%s: %s for approval", t.name, several(t.ledger.held.total(), "deletion waits", "deletions wait"))
	case t.ledger.approving() > 0:
		return fmt.Sprintf("%s: approved deletions are under way", t.name)
	case !oldest.IsZero() && !oldest.After(moment):
		all, _ := t.ledger.owedLen()
		return fmt.Sprintf("%s: %s owed, the oldest for %s", t.name, several(all, "path", "paths"),
			time.Since(oldest).Round(time.Millisecond))
	case len(t.ledger.failing.paths) > 0:
		return t.name + ": " + several(len(t.ledger.failing.paths), "path fails", "paths fail")
	}
	return ""
}
