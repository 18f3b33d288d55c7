package supervisor

import (
	"sync"
	"time"
)

// firstGrace is how many times longer the first beat may take: a program that
// has to be read from a slow disk, on a machine that has just begun.
const firstGrace = 4

// pulse tells for how long a child has given no sign of life. It counts only
// time in which it was looked at: when this process stood still, as in a
// machine that was asleep, the child has probably stood still too.
type pulse struct {
	mu    sync.Mutex
	beats int
	last  time.Time // of the look before
	since time.Duration
}

// hungAfter is for how long a child may give no sign of life now.
func (k *keeper) hungAfter() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.HungAfter
}

// setHungAfter changes that, for the child that runs too.
func (k *keeper) setHungAfter(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.HungAfter = d
}

func (p *pulse) beat() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.beats++
	p.since = 0
}

// quiet returns for how long there was no beat, if that is longer than limit,
// else 0; a limit of 0 is none. It has to be called every checkEvery.
func (p *pulse) quiet(now time.Time, limit time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.last.IsZero() {
		p.since += min(now.Sub(p.last), 2*checkEvery)
	}
	p.last = now
	if p.beats == 0 {
		limit *= firstGrace
	}
	if limit == 0 || p.since < limit {
		return 0
	}
	return p.since
}
