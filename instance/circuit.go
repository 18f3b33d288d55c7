package instance

import (
	"math/rand/v2"
	"time"
)

// trouble is how long a target that failed is left alone, which depends on
// what went wrong.
type trouble uint8

const (
	// unreachable: nobody answers. Asking costs one connection, so it is asked
	// often and is used again within seconds of its return.
	unreachable trouble = iota
	// refusing: it answers, but will not take files (wrong password, full
	// disk, too many connections). Every try costs it a log line.
	refusing
	// misconfigured: rsync itself refuses to run as told; only a person can
	// help, but a fixed key or an installed package is noticed without one.
	misconfigured
)

const firstDelay = time.Second // doubles with every failure in a row

func (t trouble) longestDelay() time.Duration {
	return [...]time.Duration{unreachable: 5 * time.Second, refusing: 15 * time.Second, misconfigured: time.Minute}[t]
}

// circuit decides when a target that failed is tried again. Open means that
// nothing is sent but, now and then, one job to see how it is. The zero value
// is closed: the target is taken to be well.
type circuit struct {
	failures int
	kind     trouble // the last one
	reason   string
	hint     string
	since    time.Time // when the row of failures began
	until    time.Time // not before
	probed   bool      // it answered a probe since the last failure
	trial    *job      // the one that is under way meanwhile
	told     [misconfigured + 1]bool
}

func (c *circuit) open() bool { return c.failures > 0 }

// due reports whether the target may be tried at now.
func (c *circuit) due(now time.Time) bool {
	return c.open() && c.trial == nil && !now.Before(c.until)
}

// news is how much of a failure is new.
type news uint8

const (
	same     news = iota
	another       // the first of its kind in a row
	outbreak      // the first in a row
)

// fail records a failure at now. Jobs that were in the air when the target went
// away all fail for the same cause and count once.
func (c *circuit) fail(now time.Time, t trouble, reason, hint string) news {
	n := same
	switch {
	case !c.open():
		n, c.since = outbreak, now
	case !c.told[t]:
		n = another
	}
	c.kind, c.reason, c.hint = t, reason, hint
	if !now.Before(c.until) {
		c.failures++
		c.until = now.Add(jitter(delay(c.failures, t.longestDelay())))
	}
	c.probed, c.told[t] = false, true
	return n
}

// answered records that the target answered a probe at now: it may be tried.
func (c *circuit) answered(now time.Time) {
	if c.open() {
		c.probed, c.until = true, earlier(c.until, now)
	}
}

// ok closes the circuit and returns how many failures there were in a row.
func (c *circuit) ok() int {
	n := c.failures
	*c = circuit{}
	return n
}

// delay is firstDelay doubled with every failure after the first, at most
// longest.
func delay(failures int, longest time.Duration) time.Duration {
	d := firstDelay
	for range failures - 1 {
		if d *= 2; d >= longest {
			return longest
		}
	}
	return min(d, longest)
}

// jitter spreads d by up to a tenth either way, so that a hundred modules do
// not come back to one host in the same instant.
func jitter(d time.Duration) time.Duration {
	tenth := int64(d / 10)
	return d + time.Duration(rand.Int64N(2*tenth+1)-tenth)
}
