package supervisor

import (
	"slices"
	"sync"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// maxClaims is how many permits one instance may hold or wait for. It never
// needs so many; one that asks without end must not make the supervisor grow.
const maxClaims = 10_000

// broker gives permits to instances.
type broker struct {
	mu    sync.Mutex // guards share
	share share
}

// session is the broker's side of one life of an instance.
type session struct {
	broker *broker
	module string
	send   func(control.Message) error

	mu     sync.Mutex // guards outbox
	outbox []control.Permit
	wake   chan struct{} // 1: there is something in the outbox
	ended  chan struct{}
	writer sync.WaitGroup
}

// join begins a session with an instance. Grants are sent by a goroutine of
// its own, because an instance that does not read must not keep others from
// theirs. It ends with leave.
func (b *broker) join(module string, send func(control.Message) error) *session {
	s := &session{broker: b, module: module, send: send, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	s.writer.Go(s.write)
	return s
}

// hear takes a message from the instance; what is not about permits is passed
// over.
func (s *session) hear(m control.Message) {
	switch {
	case m.Want != nil && m.Want.Number != 0:
		s.broker.change(func(sh *share) {
			if sh.claims(s) < maxClaims {
				sh.want(s, *m.Want)
			}
		})
	case m.Done != 0:
		s.broker.change(func(sh *share) {
			sh.drop(s, func(p control.Permit) bool { return p.Number == m.Done })
		})
	}
}

// leave ends the session: all its permits are free again. It waits for the
// writer, so send must fail once the link is closed.
func (s *session) leave() {
	s.broker.change(func(sh *share) { sh.drop(s, func(control.Permit) bool { return true }) })
	close(s.ended)
	s.writer.Wait()
}

// limit changes what may be used. What is in use already stays so.
func (b *broker) limit(l config.Budget) {
	b.change(func(sh *share) { sh.limits = l })
}

func (b *broker) status() *control.Budget {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.share.status()
}

// change does something to the share and then gives what can be given.
func (b *broker) change(do func(*share)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do(&b.share)
	for c := b.share.grant(); c != nil; c = b.share.grant() {
		c.owner.put(c.permit)
	}
}

func (s *session) put(p control.Permit) {
	s.mu.Lock()
	s.outbox = append(s.outbox, p)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *session) take() []control.Permit {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.outbox
	s.outbox = nil
	return all
}

// write sends grants until the session ends or the link does.
func (s *session) write() {
	for {
		select {
		case <-s.ended:
			return
		case <-s.wake:
		}
		for _, p := range s.take() {
			if s.send(control.Message{Grant: &p}) != nil {
				return // the keeper learns it from the link too, and ends the session
			}
		}
	}
}

func (s *share) claims(owner *session) int {
	n := 0
	for _, c := range slices.Concat(s.held, s.waiting) {
		if c.owner == owner {
			n++
		}
	}
	return n
}
