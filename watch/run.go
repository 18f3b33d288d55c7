package watch

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

const (
	// tick is the longest wait. Change.Since is when the queue was last seen
	// empty, so this is how much too old a change can look; and a root whose
	// parent was renamed, which no event tells of, is missed this soon. Two
	// wake-ups a second cost less than a thousandth of a processor.
	tick = 500 * time.Millisecond
	// burst is how many events in one read mean that more are on their way.
	burst = 64
	// burstPause lets more of them gather, which costs the reader a third of
	// the CPU that reading them one by one does.
	burstPause = time.Millisecond
	// workSlice is how long arming goes on before the queue is looked at again:
	// the kernel's queue of 16,384 events lasts 50 ms under the heaviest load.
	workSlice = 3 * time.Millisecond
	// mostFinalReads bounds the reading at the end, should writing go on.
	mostFinalReads = 64
)

// source is a way of hearing of changes. Its methods are called by the
// goroutine in Run only; what they find they tell the digest.
type source interface {
	backend() Backend
	// fd is what becomes readable when there are events; -1 when there never
	// are.
	fd() int
	// read takes one buffer of events, the first of which happened at since or
	// later, and returns how many there were. It left none when drained.
	read(since time.Time) (events int, drained bool, err error)
	// tend goes on with what takes longer, for at most workSlice, and tells of
	// what has waited long enough. drained says that no event waits to be read.
	tend(now time.Time, drained bool)
	// next is when tend will have something to do; zero when it is waiting for
	// nothing.
	next() time.Time
	// oldest is the earliest change it knows of and has not told; zero for none.
	oldest() time.Time
	// retry tries for watches on folders that are polled.
	retry(paths []string)
	// mounted begins with a file system that appeared in the tree and tells c
	// when it is watched.
	mounted(c change.Change)
	// unmounted forgets a file system that was in the tree.
	unmounted(path string)
	// doubtful reports, once, that something happened to the root itself or to
	// a file system inside the tree.
	doubtful() bool
	// parting is how the root went, if it is not at its path, as far as the
	// source can tell. What was watched is surely gone when dead.
	parting() (r Reason, dead bool)
	// finish tells of everything that waits.
	finish()
	// report fills in what the source knows.
	report(s *Status)
	close() error
}

// Run emits changes until ctx ends, then reads what the kernel still has, emits
// that and returns nil. When the root is lost it returns a *LostError at once
// and does not emit what it read last: it may be the removal of the tree.
//
// emit is called from this goroutine only, must not block for long, and owns
// the slice. Run may be called once.
func (w *Watcher) Run(ctx context.Context, emit func([]change.Change)) error {
	done, err := w.start()
	if err != nil {
		return err
	}
	defer close(done)
	defer onEnd(ctx, w.ring)()
	for r := (ready{}); !w.stopping(ctx); r = w.wait(w.patience()) {
		if err := w.turn(emit, r); err != nil {
			return err
		}
	}
	return w.drain(emit)
}

func (w *Watcher) start() (chan struct{}, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.running != nil {
		return nil, errClosed
	}
	w.running = make(chan struct{})
	return w.running, nil
}

func (w *Watcher) stopping(ctx context.Context) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed || ctx.Err() != nil
}

// turn does what has become possible: reads one buffer, goes on arming, tells
// of what has waited long enough.
func (w *Watcher) turn(emit func([]change.Change), r ready) error {
	w.turns.Add(1)
	w.setBusy()
	w.now = time.Now()
	events, drained, err := w.take(r)
	if err != nil {
		return err
	}
	if err := w.look(r.mounts); err != nil {
		return err
	}
	w.poll()
	w.src.tend(w.now, drained)
	w.digest.settled(w.now)
	w.replaceExhausted()
	if batch := w.digest.take(); len(batch) > 0 {
		emit(batch)
	}
	w.publish()
	if drained && events >= burst {
		pollFor([]unix.PollFd{{Fd: int32(w.bell), Events: unix.POLLIN}}, burstPause)
	}
	return nil
}

// take reads one buffer of events, if there are any.
func (w *Watcher) take(r ready) (events int, drained bool, err error) {
	if !r.events {
		return 0, true, nil
	}
	if w.pause != nil {
		w.pause()
	}
	before := time.Now()
	events, drained, err = w.src.read(r.since)
	if err == nil && drained {
		w.drained = before
	}
	return events, drained, err
}

// look finds out whether the root and the mounts are what they were.
func (w *Watcher) look(mounts bool) error {
	mounts = w.src.doubtful() || mounts
	if !mounts && w.now.Sub(w.checked) < tick {
		return nil
	}
	w.checked = w.now
	if err := w.checkRoot(); err != nil {
		return err
	}
	if mounts || w.site.mounts.doubtful(w.now) {
		return w.checkMounts()
	}
	return nil
}

// poll tells of the folders that have no watch, when it is time.
func (w *Watcher) poll() {
	scans, retry := w.site.polls.due(w.now, w.asked())
	for _, c := range scans {
		w.digest.tell(c)
	}
	if len(retry) > 0 {
		w.src.retry(retry)
	}
}

// tellScan says that changes since that moment were not heard.
func (w *Watcher) tellScan(since time.Time) {
	w.digest.tell(change.Change{Path: change.Root, Scope: change.Scan, Since: since})
}

// drain reads what is left and tells of everything that waits.
func (w *Watcher) drain(emit func([]change.Change)) error {
	for range mostFinalReads {
		r := w.wait(0)
		if !r.events {
			break
		}
		if err := w.turn(emit, r); err != nil {
			return err
		}
	}
	if err := w.checkRoot(); err != nil {
		return err
	}
	w.src.finish()
	w.digest.flush()
	if batch := w.digest.take(); len(batch) > 0 {
		emit(batch)
	}
	w.publish()
	return nil
}
