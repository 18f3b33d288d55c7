package instance

import (
	"context"
	"fmt"
	"sync"

	"github.com/syncsvc/syncsvc/control"
)

// permits are what the supervisor allows this module of what all modules
// share. What has no limit is not asked about. It is safe for concurrent use.
type permits struct {
	say    func(control.Message)
	budget map[control.PermitKind]int // what is limited, and to how many; 0 = to a number not known here

	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan control.Permit // 1: so that the supervisor's words are never held up
}

// permit is leave to do something; the zero value is leave that nobody had to
// be asked for.
type permit struct {
	rate int64 // bytes a second at most; 0 = no limit
	back func()
}

// giveBack returns it. It may be called on the zero value.
func (p permit) giveBack() {
	if p.back != nil {
		p.back()
	}
}

// limited reports whether there is a limit for that kind.
func (p *permits) limited(kind control.PermitKind) bool {
	_, is := p.budget[kind]
	return is
}

// take asks for a permit and waits for it until ctx ends. What it returns has
// to be given back, unless there is an error.
func (p *permits) take(ctx context.Context, kind control.PermitKind) (permit, error) {
	if !p.limited(kind) {
		return permit{}, nil
	}
	number, answer := p.ask()
	giveBack := func() { p.drop(number) }
	p.say(control.Message{Want: &control.Permit{Number: number, Kind: kind}})
	select {
	case granted := <-answer:
		return permit{rate: granted.Rate, back: giveBack}, nil
	case <-ctx.Done():
		giveBack()
		return permit{}, context.Cause(ctx)
	}
}

func (p *permits) ask() (number uint64, answer <-chan control.Permit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	ch := make(chan control.Permit, 1)
	p.waiting[p.last] = ch
	return p.last, ch
}

// granted passes on what the supervisor said. One that came too late has been
// given back already.
func (p *permits) granted(g control.Permit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ch, ok := p.waiting[g.Number]; ok {
		delete(p.waiting, g.Number)
		ch <- g
	}
}

// drop gives a permit back, or withdraws the wish for it.
func (p *permits) drop(number uint64) {
	p.mu.Lock()
	delete(p.waiting, number)
	p.mu.Unlock()
	p.say(control.Message{Done: number})
}

// why says why one has to wait.
func (p *permits) why(kind control.PermitKind) string {
	what := map[control.PermitKind]string{
		control.PermitRsync: "rsyncs", control.PermitFullSync: "full syncs",
	}[kind]
	if n := p.budget[kind]; n > 0 {
		return fmt.Sprintf("waits for its turn: %d %s are allowed at once in all modules", n, what)
	}
	return fmt.Sprintf("waits for its turn: only so many %s are allowed at once in all modules", what)
}
