package instance

import (
	"fmt"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// report tells of a job that has landed, and remembers what it brought. The
// caller holds mu.
func (t *target) report(j *job, o outcome, now time.Time) {
	names, count := arrivals(j, o)
	for _, p := range names {
		t.recent.note(p, now)
	}
	if count > 0 || j.whole() && o.verdict == answered {
		e := control.Event{Kind: control.EventArrival, Target: t.name, Count: count, Bytes: o.bytesOut, Text: arrivalText(j, o, count)}
		if len(names) > 0 {
			e.Path = control.Path(names[0])
		}
		t.events.tell(e)
	}
	t.reportFailures()
	t.reportHeld(o)
}

// arrivals are the paths that are on the target now, or deleted there, and how
// many those are. Of a tree only the files that were sent are known by name.
func arrivals(j *job, o outcome) (names []string, count int64) {
	if o.verdict != answered && o.verdict != withheld {
		return nil, 0
	}
	if j.shape == tree {
		count = o.sent
		if o.verdict == answered {
			count += int64(o.deletions)
		}
		return o.names, count
	}
	failed := make(map[string]bool, len(o.failed))
	for _, f := range o.failed {
		failed[f.path] = true
	}
	for _, it := range j.items {
		if !failed[it.Path] && !(o.verdict == withheld && it.seen.kind == gone) {
			names = append(names, it.Path)
		}
	}
	return names, int64(len(names))
}

func arrivalText(j *job, o outcome, count int64) string {
	switch {
	case j.whole():
		return fmt.Sprintf("everything compared: %d files sent, %d entries deleted", o.sent, o.deletions)
	case j.shape == tree:
		return fmt.Sprintf("%d files sent and %d entries deleted beneath %q", o.sent, o.deletions, j.items[0].Path)
	case count == 1:
		return fmt.Sprintf("%q arrived", j.items[0].Path)
	}
	return fmt.Sprintf("%d paths arrived, among them %q", count, j.items[0].Path)
}

// reportFailures tells which paths came onto the fail list or left it; the
// caller holds mu.
func (t *target) reportFailures() {
	f := &t.ledger.failing
	if n := f.came; n.count > 0 {
		reason := ""
		if one := f.paths[n.first]; one != nil {
			reason = ": " + one.reason
		}
		t.events.tell(control.Event{
			Kind: control.EventFailure, Target: t.name, Path: control.Path(n.first), Count: n.count,
			Text: fmt.Sprintf("%s failing, among them %q%s", pathsAre(n.count), n.first, reason),
			Hint: "each is tried again by itself",
		})
	}
	if n := f.left; n.count > 0 {
		t.events.tell(control.Event{
			Kind: control.EventFailure, Target: t.name, Path: control.Path(n.first),
			Text: fmt.Sprintf("%s not failing any more, among them %q", pathsAre(n.count), n.first),
		})
	}
	f.came, f.left = tidings{}, tidings{}
}

// reportHeld tells how many deletions wait when that has changed; the caller
// holds mu.
func (t *target) reportHeld(o outcome) {
	n := t.ledger.held.total()
	if n == t.heldSeen {
		return
	}
	t.heldSeen = n
	e := control.Event{Kind: control.EventHeld, Target: t.name, Count: int64(n), Text: "no deletions wait for approval any more"}
	if n > 0 {
		e.Text = several(n, "deletion waits", "deletions wait") + " for approval"
		if o.verdict == withheld {
			e.Text += ": " + o.reason
		}
		e.Hint = "if they are meant, run: syncsvc approve " + t.module
	}
	t.events.tell(e)
}

// pathsAre is so many paths and the verb that goes with them.
func pathsAre(n int64) string { return several(n, "path is", "paths are") }

// several counts in words: several(1, "path fails", "paths fail").
func several[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
