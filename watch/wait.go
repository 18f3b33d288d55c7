package watch

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long there is nothing to do without an event.
func (w *Watcher) patience() time.Duration {
	soonest := earlier(w.src.next(), w.digest.settle.next())
	soonest = earlier(soonest, w.site.polls.next())
	if soonest.IsZero() {
		return tick
	}
	return max(0, min(tick, time.Until(soonest)))
}

// onEnd calls fn when ctx ends. The function it returns keeps that from
// happening, or waits until it has.
func onEnd(ctx context.Context, fn func()) (withdraw func()) {
	called := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(called)
		fn()
	})
	return func() {
		if !stop() {
			<-called
		}
	}
}

// ready says what a wait ended with.
type ready struct {
	events bool
	mounts bool
	since  time.Time // the earliest the first event can have happened
}

// wait waits for events, mounts or the bell.
func (w *Watcher) wait(most time.Duration) ready {
	fds := w.waitFor()
	asked := time.Now()
	if n := pollFor(fds, 0); n > 0 {
		return w.heard(fds, w.drained)
	}
	w.drained = asked
	pollFor(fds, most)
	return w.heard(fds, w.lastEmpty(asked))
}

func (w *Watcher) waitFor() []unix.PollFd {
	fds := []unix.PollFd{
		{Fd: int32(w.src.fd()), Events: unix.POLLIN},
		{Fd: int32(w.bell), Events: unix.POLLIN},
		{Fd: -1, Events: unix.POLLPRI},
	}
	if w.site.mounts.file != nil {
		fds[2].Fd = int32(w.site.mounts.file.Fd())
	}
	return fds
}

func (w *Watcher) heard(fds []unix.PollFd, since time.Time) ready {
	return ready{
		events: fds[0].Revents != 0,
		mounts: fds[2].Revents&(unix.POLLPRI|unix.POLLERR) != 0,
		since:  since,
	}
}

// pollFor is poll(2), rounded up to milliseconds; interrupted, it begins anew:
// Go interrupts threads with SIGURG.
func pollFor(fds []unix.PollFd, most time.Duration) int {
	until := time.Now().Add(most)
	for {
		left := max(0, time.Until(until))
		n, err := unix.Poll(fds, int((left+time.Millisecond-1)/time.Millisecond))
		if err != unix.EINTR {
			return max(n, 0)
		}
	}
}
