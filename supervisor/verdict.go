package supervisor

import "time"

// policy says when a child is started again.
type policy struct {
	first, longest time.Duration // between a death and the next start; doubled from death to death
	stable         time.Duration // a child that lived for so long did not die like the ones before
	jitter         float64       // which part of a delay may be left out
}

func usualPolicy() policy {
	return policy{first: time.Second, longest: time.Minute, stable: time.Minute, jitter: 0.2}
}

// history is what came before a death.
type history struct {
	row int // deaths without a stable life between them
}

// exit is how a child that nobody had asked to end ended.
type exit struct {
	lived  time.Duration
	code   int  // -1: by a signal, or it never began
	killed bool // by its keeper
}

// exitConfig is the exit code of an instance whose configuration has to be
// corrected before it makes sense to start it again.
const exitConfig = 6

// verdict is what is done about a death.
type verdict struct {
	giveUp bool // until somebody asks for another start
	delay  time.Duration
	next   history
	reason string
}

// judge decides what to do about e. chance, at least 0 and less than 1, spreads
// the starts of modules that died together. Only a configuration error ends the
// trying: whatever else made it die may pass.
func (p policy) judge(past history, e exit, chance float64) verdict {
	if e.code == exitConfig && !e.killed {
		return verdict{giveUp: true, reason: "cannot run: its configuration has to be corrected"}
	}
	if e.lived >= p.stable {
		past.row = 0
	}
	delay := p.first
	for range past.row {
		if delay *= 2; delay >= p.longest {
			delay = p.longest
			break
		}
	}
	delay -= time.Duration(float64(delay) * p.jitter * chance)
	return verdict{delay: delay, next: history{past.row + 1}, reason: "died, will be started again"}
}
