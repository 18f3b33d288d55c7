package alert

import (
	"slices"

	"github.com/syncsvc/syncsvc/control"
)

// maxWaiting bounds how many messages of a rule wait to be sent; then the
// oldest are given up.
const maxWaiting = 500

// outbox holds the messages of one rule until they are taken, in order. Its
// owner guards it.
type outbox struct {
	rule    control.AlertRule
	waiting []Message
	busy    bool          // the first is being sent
	dropped int           // since the last that was taken
	wake    chan struct{} // of capacity 1: something waits
}

func newOutbox(r control.AlertRule) *outbox {
	return &outbox{rule: r, wake: make(chan struct{}, 1)}
}

// put adds a message. When the one that raised a trouble has not been sent and
// the trouble is over, neither is.
func (b *outbox) put(m Message) {
	if m.State == Recovered && b.withdraw(m.ID) {
		return
	}
	b.waiting = append(b.waiting, m)
	if len(b.waiting) > maxWaiting {
		oldest := b.first()
		b.waiting = slices.Delete(b.waiting, oldest, oldest+1)
		b.dropped++
	}
	b.nudge()
}

func (b *outbox) nudge() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// first is the first message that is not being sent.
func (b *outbox) first() int {
	if b.busy {
		return 1
	}
	return 0
}

// withdraw takes out all that waits about a trouble, and reports whether
// nothing of it was ever sent.
func (b *outbox) withdraw(id string) bool {
	unsent := false
	kept := slices.Clone(b.waiting[:min(b.first(), len(b.waiting))])
	for _, m := range b.waiting[len(kept):] {
		if m.ID != id {
			kept = append(kept, m)
			continue
		}
		unsent = unsent || (m.State == Raised && m.Repeat == 0)
	}
	b.waiting = kept
	return unsent
}

// take returns the message to send now, if there is one. It stays the first
// until done.
func (b *outbox) take() (Message, bool) {
	if len(b.waiting) == 0 {
		return Message{}, false
	}
	b.busy = true
	m := b.waiting[0]
	m.Dropped = b.dropped
	return m, true
}

// done ends the sending of a message; one that was given up counts as dropped.
func (b *outbox) done(sent bool) {
	b.busy = false
	b.waiting = slices.Delete(b.waiting, 0, 1)
	if sent {
		b.dropped = 0
	} else {
		b.dropped++
	}
}
