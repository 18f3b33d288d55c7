package instance

import (
	"slices"
	"strings"
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/hook"
	"github.com/syncsvc/syncsvc/rsync"
)

const (
	// maxHeardItems bounds what is kept of a running job. Beyond, the first half
	// is told of: the target has finished with that for long.
	maxHeardItems = 20_000
	// settledAfter is when a target has surely finished with a file that rsync
	// has sent. A crash loses what a job over a whole folder brought since: rsync
	// would not send it again.
	settledAfter = 10 * time.Second
)

// heard is what rsync has told of one job so far, for the hooks; nil when there
// are none. It is used by the job's sender until the job has landed.
type heard struct {
	events []hook.Event
	early  func([]hook.Event) // tells of the first ones before the job has landed
}

// newHeard returns what listens to a job of t.
func (ms *messenger) newHeard(t *target) *heard {
	if ms == nil {
		return nil
	}
	return &heard{early: func(events []hook.Event) { ms.early(t, events) }}
}

// note takes down what rsync itemised beneath base.
func (h *heard) note(base string, it rsync.Item) {
	if h == nil || !told(it) {
		return
	}
	kind := hook.Sent
	if it.Deleted {
		kind = hook.Deleted
	}
	h.take(hook.Event{Path: under(base, it.Path), Kind: kind, Dir: it.Dir})
}

// add takes down what was found in a folder.
func (h *heard) add(path string, dir bool, size int64) {
	if h == nil || path == change.Root {
		return
	}
	if dir {
		size = 0
	}
	h.take(hook.Event{Path: path, Kind: hook.Sent, Dir: dir, Size: size})
}

// take keeps an event until the job has landed, or it is old.
func (h *heard) take(e hook.Event) {
	e.Time = time.Now()
	h.events = append(h.events, e)
	if len(h.events) >= maxHeardItems || e.Time.Sub(h.events[0].Time) > 2*settledAfter {
		h.tellFirst(e.Time)
	}
}

// tellFirst tells of what is old, or of one half.
func (h *heard) tellFirst(now time.Time) {
	n, _ := slices.BinarySearchFunc(h.events, now.Add(-settledAfter), func(e hook.Event, at time.Time) int { return e.Time.Compare(at) })
	if len(h.events) >= maxHeardItems {
		n = max(n, maxHeardItems/2)
	}
	h.early(slices.Clone(h.events[:n]))
	h.events = slices.Delete(h.events, 0, n)
}

// told reports whether an item is worth telling of. The time of a folder is
// not: it says that something in it changed.
func told(it rsync.Item) bool {
	if it.Deleted || it.New || strings.IndexByte("<>ch", it.Change[0]) >= 0 {
		return it.Path != change.Root
	}
	letters := strings.Trim(it.Change[2:], ". ")
	if it.Dir {
		letters = strings.Trim(letters, "tT.")
	}
	return letters != "" && it.Path != change.Root
}

// land returns what is to be told of a job that has ended. Of single entries
// that is what was planned, whether or not rsync had to send it: it may have
// done so just before a crash. The rest is what rsync told of, also when the
// job has to be done again: rsync will not send it then.
func (h *heard) land(j *job, o outcome, now time.Time) []hook.Event {
	settled := o.verdict == answered || o.verdict == withheld
	bad := make(map[string]bool)
	for _, f := range o.failed {
		bad[f.path] = true
	}
	for _, p := range o.vanished {
		bad[p] = true
	}
	if j.shape == rename {
		if !settled {
			return nil
		}
		return renames(j, bad, now)
	}
	where := make(map[string]int)
	var events []hook.Event
	if settled && j.shape == flat {
		for _, it := range j.items {
			if e, ok := planned(it, o, now); ok && !bad[it.Path] {
				where[it.Path] = len(events)
				events = append(events, e)
			}
		}
	}
	for _, e := range h.events {
		i, known := where[e.Path]
		switch {
		case known:
			events[i].Dir = events[i].Dir || e.Dir && e.Kind == events[i].Kind
		case !bad[e.Path]:
			where[e.Path] = len(events)
			events = append(events, e)
		}
	}
	return events
}

// planned is the event of an entry that was settled; of folders rsync tells.
func planned(it item, o outcome, now time.Time) (hook.Event, bool) {
	e := hook.Event{Path: it.Path, Kind: hook.Sent, Size: it.seen.size, Time: now}
	switch it.seen.kind {
	case folder:
		return e, false
	case gone:
		e.Kind = hook.Deleted
		return e, o.verdict == answered && !it.seen.unmounted && it.Path != change.Root
	}
	return e, true
}

// renames are the events of a job that renames.
func renames(j *job, bad map[string]bool, now time.Time) []hook.Event {
	var events []hook.Event
	for _, it := range j.items {
		if it.Was != "" && !bad[it.Path] {
			events = append(events, hook.Event{
				Path: it.Path, Kind: hook.Renamed, Was: it.Was, Dir: it.seen.kind == folder, Size: it.seen.size, Time: now,
			})
		}
	}
	return events
}
