package instance

import (
	"sync/atomic"
	"time"
)

// stillFor is how long a loop may stand before this process no longer counts
// as alive.
const stillFor = 10 * time.Second

// turns counts how often a loop has come round, or how far it has got with
// what takes long. Every loop that must go on for the mirror to work has one.
type turns struct{ n atomic.Int64 }

func (t *turns) turn() { t.n.Add(1) }

// with counts the names that a walk asks about.
func (t *turns) with(excluded func(path string, dir bool) bool) func(path string, dir bool) bool {
	return func(path string, dir bool) bool {
		t.turn()
		return excluded(path, dir)
	}
}

// loop is a loop as the watch over it sees it.
type loop struct {
	name  string
	turns func() int64
	nudge func() // makes it come round when there is nothing to do; nil when it does anyway
}

// lookout tells whether loops move. It is used by one goroutine.
type lookout struct {
	seen map[string]sighting // by the loop's name
}

// sighting is how far a loop had got, and when it was first seen there.
type sighting struct {
	turns int64
	at    time.Time
}

// look nudges every loop and returns the name of one that has not moved for
// stillFor; "" when all move. To be told apart from one that had nothing to do,
// a loop is looked at again after each nudge, so look is called often.
func (l *lookout) look(loops []loop, now time.Time) (still string) {
	seen := make(map[string]sighting, len(loops))
	for _, lp := range loops {
		s, known := l.seen[lp.name]
		if n := lp.turns(); !known || n != s.turns {
			s = sighting{n, now}
		}
		if now.Sub(s.at) > stillFor {
			still = lp.name
		}
		seen[lp.name] = s
		if lp.nudge != nil {
			lp.nudge()
		}
	}
	l.seen = seen
	return still
}

// loops are all loops that must move as long as the module runs.
func (in *instance) loops() []loop {
	all := []loop{
		{name: "source", turns: in.source.turned},
		{name: "walks", turns: in.sweeper.turns.n.Load, nudge: func() { wakeUp(in.sweeper.wake) }},
		{name: "checkpoint", turns: in.keeper.n.Load},
	}
	for _, t := range in.targets() {
		all = append(all, loop{name: t.name, turns: t.turns.n.Load, nudge: t.nudge})
	}
	return all
}
