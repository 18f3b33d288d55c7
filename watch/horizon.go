package watch

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Horizon returns the moment before which every change the kernel knew of has
// been emitted: now, when the queue is empty and nothing waits to settle, to
// find its partner or to be polled. It may be called from any goroutine, also
// from emit, and after Run has returned tells how far Run came.
func (w *Watcher) Horizon() time.Time {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.busy && w.idle() {
		w.empty = now
	}
	return earlier(w.empty, w.pending)
}

// PollAfter makes Run look again, within half a second, at each polled folder
// that it has not looked at since moment, rather than when PollEvery is over;
// Horizon is past moment then. It may be called from any goroutine, and again
// for the same moment.
func (w *Watcher) PollAfter(moment time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if moment.After(w.pollAfter) {
		w.pollAfter = moment
	}
}

// asked is the moment given to PollAfter; zero when the turn began before it,
// so that the next one has to look.
func (w *Watcher) asked() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.now.After(w.pollAfter) {
		return time.Time{}
	}
	return w.pollAfter
}

// idle reports whether the kernel has no event that was not read. The caller
// holds mu, and Run is not between reading and emitting.
func (w *Watcher) idle() bool {
	if w.bell < 0 || w.finished() {
		return false
	}
	fd := w.src.fd()
	return fd < 0 || pollFor([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0) == 0
}

func (w *Watcher) finished() bool {
	select {
	case <-w.running:
		return true
	default:
		return false
	}
}

// lastEmpty returns when the queue was last seen empty: at asked, or later by
// Horizon.
func (w *Watcher) lastEmpty(asked time.Time) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.empty.After(asked) {
		return w.empty
	}
	return asked
}

// setBusy begins a turn: what is read from now on is not emitted yet.
func (w *Watcher) setBusy() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = true
}

// publish ends a turn: what was read is emitted, or waits since pending.
func (w *Watcher) publish() {
	oldest := earlier(w.digest.settle.oldest(), w.src.oldest())
	oldest = earlier(oldest, w.site.polls.oldest())
	s := w.report()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = w.running == nil // before Run nothing is ever emitted
	w.pending = oldest
	if w.drained.After(w.empty) {
		w.empty = w.drained
	}
	w.status = s
}

// Mounts returns the places, relative to the root and sorted, where file systems
// are mounted inside the tree.
func (w *Watcher) Mounts() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.mounts)
}

// LostMounts returns the places, relative to the root and sorted, where a file
// system was mounted inside the tree and no longer is. What is missing beneath
// them was not deleted. A place is cleared when something is mounted there
// again.
func (w *Watcher) LostMounts() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.lost)
}

// setMounts notes for other goroutines what is mounted in the tree.
func (w *Watcher) setMounts() {
	here, lost := w.site.mounts.herePaths(), w.site.mounts.lostPaths()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mounts, w.lost = here, lost
}
