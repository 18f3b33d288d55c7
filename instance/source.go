package instance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/watch"
)

// sourceRetry is how often a root that is not there is looked for.
const sourceRetry = time.Second

// source keeps the watch root armed: it waits for it, watches it, and when it
// is lost stops everything and waits again.
type source struct {
	module  string // its name
	options watch.Options
	ground  *ground
	inlet   func([]change.Change)                                  // what the watcher saw
	gained  func(id watch.Identity, before string, lost time.Time) // the root is armed
	dropped func()                                                 // the root is lost: end what is in the air
	news    chan struct{}                                          // 1: the state is another; the instance's

	turns turns // while the root is waited for or armed; see turned

	mu       sync.Mutex // guards everything below
	watcher  *watch.Watcher
	state    control.State
	reason   string
	hint     string
	since    time.Time
	known    string    // identity that the targets were filled from; "" = none yet
	accepted string    // identity that a person has approved
	lost     time.Time // everything before it was seen before the root was lost
}

// run keeps the root armed until ctx ends.
func (s *source) run(ctx context.Context) error {
	for ctx.Err() == nil {
		s.turns.turn()
		w, id, err := s.arm(ctx)
		if err != nil {
			s.wait(err)
			if !sleep(ctx, sourceRetry) {
				break
			}
			continue
		}
		s.watch(ctx, w, id)
	}
	return nil
}

// arm makes sure that the right root is there and sets the watches.
func (s *source) arm(ctx context.Context) (*watch.Watcher, watch.Identity, error) {
	id, err := watch.Identify(s.options.Root)
	if err != nil {
		return nil, id, err
	}
	if err := s.recognise(id); err != nil {
		return nil, id, err
	}
	s.say(control.Starting, "setting watches", "")
	w, err := watch.Open(ctx, s.options)
	if err != nil {
		return nil, id, err
	}
	if now, err := watch.Identify(s.options.Root); err != nil || now != id {
		w.Close()
		return nil, id, errors.Join(fmt.Errorf("source %s was replaced while its watches were set", s.options.Root), err)
	}
	return w, id, nil
}

// strange is a root on another file system than the known one: most likely
// something is not mounted.
type strange struct{ root string }

func (s strange) Error() string {
	return fmt.Sprintf("%s is on another file system than before; nothing is sent and nothing deleted", s.root)
}

// recognise refuses a root on another file system, unless a person approved.
func (s *source) recognise(id watch.Identity) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == "" || s.accepted == id.String() || filesystem(s.known) == filesystem(id.String()) {
		return nil
	}
	return strange{s.options.Root}
}

// filesystem is the part of an identity that names the file system.
func filesystem(identity string) string {
	return identity[:strings.LastIndexByte(identity, '/')+1]
}

// accept approves the root that is there now, whatever was there before.
func (s *source) accept() error {
	id, err := watch.Identify(s.options.Root)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted = id.String()
	return nil
}

// watch follows the root until it is lost or ctx ends.
func (s *source) watch(ctx context.Context, w *watch.Watcher, id watch.Identity) {
	s.mu.Lock()
	before, lost := s.known, s.lost
	s.known, s.watcher = id.String(), w
	s.mu.Unlock()
	s.say(control.Live, "", "")
	s.ground.settle(id)
	s.ground.inner.found(w.Mounts()...)
	s.gained(id, before, lost)
	err := w.Run(ctx, s.inlet)
	s.mu.Lock()
	s.lost, s.watcher = w.Horizon(), nil
	s.mu.Unlock()
	if ctx.Err() == nil {
		s.ground.unsettle()
		s.dropped()
		s.wait(err)
	}
	w.Close()
}

// wait says why nothing is sent.
func (s *source) wait(err error) {
	hint := "it goes on by itself when the folder is back"
	if errors.As(err, new(strange)) {
		hint = "mount it; or, if the tree was moved there on purpose, run: syncsvc approve " + s.module
	}
	reason := "source lost"
	if err != nil {
		reason = err.Error()
	}
	s.say(control.WaitingSource, reason, hint)
}

// say records the state and logs it when it is another.
func (s *source) say(state control.State, reason, hint string) {
	s.mu.Lock()
	news := s.state != state || s.reason != reason
	if s.state != state {
		s.since = time.Now()
	}
	s.state, s.reason, s.hint = state, reason, hint
	s.mu.Unlock()
	if !news {
		return
	}
	wakeUp(s.news)
	if state == control.WaitingSource {
		s.options.Log.Warn("waiting for the source", "reason", reason, "hint", hint)
	} else {
		s.options.Log.Info("source", "state", string(state))
	}
}

// turned is how often the loop has come round, that of the watcher included.
func (s *source) turned() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.turns.n.Load()
	if s.watcher != nil {
		n += s.watcher.Turns()
	}
	return n
}

// horizon is the moment up to which every change has been seen.
func (s *source) horizon() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watcher == nil {
		return s.lost
	}
	return s.watcher.Horizon()
}

// pollAfter has what is polled looked at again, unless it was after moment.
func (s *source) pollAfter(moment time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watcher != nil {
		s.watcher.PollAfter(moment)
	}
}

// identity is that of the root the targets are filled from; "" before there
// was one.
func (s *source) identity() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known
}
