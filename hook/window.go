package hook

import (
	"slices"
	"time"
)

// window holds the oldest events of a hook that have not been told, and decides
// which are to be told next. It does no I/O and knows no clock.
type window struct {
	batch   int
	size    int // events in it at most
	entries []*entry
	failed  []*delivery // to be tried again
}

// entry is an event in the window.
type entry struct {
	Event
	n     uint64
	since time.Time // it is in the window
	taken bool      // by a delivery
}

// delivery is what is told in one go.
type delivery struct {
	entries []*entry
	tries   int
	began   time.Time // first attempt
	due     time.Time // of the next attempt
}

func newWindow(batch int) *window { return &window{batch: batch, size: max(1024, 2*batch)} }

func (w *window) full() bool { return len(w.entries) >= w.size }

func (w *window) add(e Event, n uint64, now time.Time) *entry {
	added := &entry{Event: e, n: n, since: now}
	w.entries = append(w.entries, added)
	return added
}

// oldest is the number of the first event that has not been told; next when
// there is none.
func (w *window) oldest(next uint64) uint64 {
	if len(w.entries) == 0 {
		return next
	}
	return w.entries[0].n
}

// next returns what to tell now, or nil and when to look again; the zero time
// is when something happens. Events are collected for so long, unless a
// delivery is full.
func (w *window) next(now time.Time, collect time.Duration) (*delivery, time.Time) {
	later := time.Time{}
	for i, d := range w.failed {
		if !d.due.After(now) {
			w.failed = slices.Delete(w.failed, i, i+1)
			return d, time.Time{}
		}
		later = earliest(later, d.due)
	}
	chosen := w.choose()
	if len(chosen) == 0 {
		return nil, later
	}
	ready := chosen[0].since.Add(collect)
	if len(chosen) < w.batch && chosen[0].Kind != Collapsed && ready.After(now) {
		return nil, earliest(later, ready)
	}
	for _, e := range chosen {
		e.taken = true
	}
	return &delivery{entries: chosen, began: now}, time.Time{}
}

// choose returns the first events, all of one target, of which no path has an
// earlier event that is not told yet. Nothing is told together with, before or
// after an event that stands for all paths.
func (w *window) choose() []*entry {
	var chosen []*entry
	passed := map[string]bool{} // paths of events that stay
	for i, e := range w.entries {
		if e.Kind == Collapsed {
			if i == 0 && !e.taken {
				return []*entry{e}
			}
			break
		}
		stays := e.taken || passed[e.Path] || e.Was != "" && passed[e.Was] ||
			len(chosen) > 0 && chosen[0].Target != e.Target
		if stays {
			passed[e.Path] = true
			if e.Was != "" {
				passed[e.Was] = true
			}
			continue
		}
		if chosen = append(chosen, e); len(chosen) == w.batch {
			break
		}
	}
	return chosen
}

// again puts a delivery back to be tried when it is due.
func (w *window) again(d *delivery, due time.Time) {
	d.due = due
	w.failed = append(w.failed, d)
}

// settle forgets what has been told or given up.
func (w *window) settle(d *delivery) {
	told := make(map[*entry]bool, len(d.entries))
	for _, e := range d.entries {
		told[e] = true
	}
	w.entries = slices.DeleteFunc(w.entries, func(e *entry) bool { return told[e] })
}

func (d *delivery) events() []Event {
	list := make([]Event, len(d.entries))
	for i, e := range d.entries {
		list[i] = e.Event
	}
	return list
}

// earliest is the earlier of two moments; the zero time is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
