package supervisor

import "time"

const (
	firstDelay   = time.Second
	longestDelay = time.Minute
	// stable is how long a child must have lived for its death not to count
	// with the ones before.
	stable = time.Minute
)

// death is one end of a child.
type death struct {
	lived time.Duration
	cause string
}

// restart says after which delay a child is started again, given how often it
// died in a row before. It never gives up: what made it die may pass.
func restart(row int, d death) (delay time.Duration, newRow int) {
	if d.lived >= stable {
		row = 0
	}
	delay = firstDelay
	for range row {
		if delay *= 2; delay >= longestDelay {
			delay = longestDelay
			break
		}
	}
	return delay, row + 1
}
