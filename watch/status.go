package watch

import "slices"

// mostListed bounds the lists of paths in a Status.
const mostListed = 20

// Status is what a Watcher is doing.
type Status struct {
	// Backend is the one in use, never Auto.
	Backend Backend
	// Why says why it is not the obvious one; "" when it is.
	Why string
	// Folders is how many folders are watched one by one; 0 when the backend
	// does not need to.
	Folders int
	// Polled are folders that are looked at every PollEvery because there is no
	// watch for them, at most 20 of PolledCount.
	Polled      []string
	PolledCount int
	// Unreadable are folders that could not be looked into, at most 20 of
	// UnreadableCount.
	Unreadable      []string
	UnreadableCount int
	// Overflows is how often the kernel dropped events.
	Overflows int64
	// Events is how many events were read.
	Events int64
	// LimitHint says, when a limit of the kernel is in the way, which one, what
	// it is and what it would have to be.
	LimitHint string
}

// Status returns what the Watcher was doing after its last turn. It may be
// called from any goroutine.
func (w *Watcher) Status() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.status
	s.Polled = slices.Clone(s.Polled)
	s.Unreadable = slices.Clone(s.Unreadable)
	return s
}

// Turns is how often Run has come round: several times a second, also when
// nothing happens. It may be called from any goroutine.
func (w *Watcher) Turns() int64 { return w.turns.Load() }

// Limit is how many inotify watches all processes of this user may have
// together; 0 when that is not known.
func Limit() int64 {
	_, limit := watchLimit()
	return int64(limit)
}

func (w *Watcher) report() Status {
	s := Status{Backend: w.src.backend(), Why: w.why}
	paths := w.site.polls.paths()
	s.Polled, s.PolledCount = firstOf(paths), len(paths)
	w.src.report(&s)
	return s
}

func firstOf(paths []string) []string { return paths[:min(len(paths), mostListed)] }
