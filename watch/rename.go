package watch

import (
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// renameHold is how long a name that left waits for the other half of its
// rename. The kernel queues both halves one right after the other, so it is
// only ever used up when the writer was put aside between the two; what comes
// later still is treated as an arrival from outside, which costs a transfer
// and nothing else. 500 ms would be the most; a name that really left is
// deleted on the targets this much later.
const renameHold = 100 * time.Millisecond

// departure is the first half of a rename.
type departure struct {
	path  string // "" when the folder it left is itself on the move
	dir   bool
	since time.Time // the earliest it can have happened
	at    time.Time // when it was read
}

// pairing puts the halves of renames together by the kernel's cookie. It knows
// no clock: time is passed in.
type pairing struct{ held map[uint32]departure }

// scope is what is in doubt where it left.
func (d departure) scope() change.Scope {
	if d.dir {
		return change.Tree
	}
	return change.Entry
}

func (p *pairing) depart(cookie uint32, d departure) {
	if p.held == nil {
		p.held = map[uint32]departure{}
	}
	p.held[cookie] = d
}

// arrive returns the first half that belongs to a second one; false when it
// did not begin in this tree.
func (p *pairing) arrive(cookie uint32) (departure, bool) {
	d, ok := p.held[cookie]
	delete(p.held, cookie)
	return d, ok
}

// expired removes and returns the halves whose partner has not come by now.
func (p *pairing) expired(now time.Time) []departure {
	var out []departure
	for cookie, d := range p.held {
		if !d.at.Add(renameHold).After(now) {
			delete(p.held, cookie)
			out = append(out, d)
		}
	}
	return out
}

// next returns when the first half will expire; zero when none is held.
func (p *pairing) next() time.Time {
	var soonest time.Time
	for _, d := range p.held {
		soonest = earlier(soonest, d.at.Add(renameHold))
	}
	return soonest
}

// oldest returns the earliest moment a held half can have happened.
func (p *pairing) oldest() time.Time {
	var first time.Time
	for _, d := range p.held {
		first = earlier(first, d.since)
	}
	return first
}
