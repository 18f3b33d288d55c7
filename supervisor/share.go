package supervisor

import (
	"cmp"
	"slices"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

const (
	// rsyncsForBandwidth is among how many rsyncs a bandwidth is divided when
	// their number is not limited.
	rsyncsForBandwidth = 8
	// slowest is the least that an rsync is given, in bytes a second: what its
	// --bwlimit counts in.
	slowest = 1024
	// overtakings count like one permit that a module holds less, so that who
	// holds one for long is not passed over for ever.
	overtakings = 8
)

// claim is a permit that an instance has, or waits for.
type claim struct {
	owner    *session
	permit   control.Permit
	order    uint64 // of asking
	overtook int    // how many younger claims of others were served first
}

// share decides who may use what all modules have in common. It does no I/O
// and is not safe for concurrent use.
type share struct {
	limits  config.Budget
	asked   uint64
	held    []*claim
	waiting []*claim // in order of asking
}

// want adds a claim to those that wait.
func (s *share) want(owner *session, p control.Permit) {
	s.asked++
	p.Rate = 0
	s.waiting = append(s.waiting, &claim{owner: owner, permit: p, order: s.asked})
}

// drop forgets the claims of owner for which is says so, held or not.
func (s *share) drop(owner *session, is func(control.Permit) bool) {
	gone := func(c *claim) bool { return c.owner == owner && is(c.permit) }
	s.held = slices.DeleteFunc(s.held, gone)
	s.waiting = slices.DeleteFunc(s.waiting, gone)
}

// grant gives the next permit that can be given, nil when there is none.
func (s *share) grant() *claim {
	for _, kind := range []control.PermitKind{control.PermitFullSync, control.PermitRsync} {
		rate, ok := s.room(kind)
		if !ok {
			continue
		}
		if c := s.next(kind); c != nil {
			c.permit.Rate = rate
			s.waiting = slices.DeleteFunc(s.waiting, func(w *claim) bool { return w == c })
			s.held = append(s.held, c)
			return c
		}
	}
	return nil
}

// next chooses whose turn it is: who holds fewest of the kind, and among those
// who has waited longest.
func (s *share) next(kind control.PermitKind) *claim {
	holds := map[string]int{}
	for _, c := range s.held {
		if c.permit.Kind == kind {
			holds[c.owner.module]++
		}
	}
	var best *claim
	rank := func(c *claim) int { return holds[c.owner.module] - c.overtook/overtakings }
	for _, c := range s.waiting {
		if c.permit.Kind == kind && (best == nil || cmp.Compare(rank(c), rank(best)) < 0) {
			best = c
		}
	}
	for _, c := range s.waiting {
		if best != nil && c.permit.Kind == kind && c.order < best.order {
			c.overtook++
		}
	}
	return best
}

// room reports whether one more permit of a kind can be given, and at which
// rate its rsync may send; 0 means as fast as it can.
func (s *share) room(kind control.PermitKind) (rate int64, ok bool) {
	used := s.used(kind)
	if kind == control.PermitFullSync {
		return 0, s.limits.FullSyncs == 0 || used < s.limits.FullSyncs
	}
	n := s.rsyncs()
	if n > 0 && used >= n {
		return 0, false
	}
	if s.limits.Bandwidth == 0 {
		return 0, true
	}
	// Whoever comes while others are idle gets half of what is free, but the
	// even part of those that may still come is never given away: the sum stays
	// within the limit, because an rsync's rate can't be changed on the way.
	even := max(1, s.limits.Bandwidth/int64(n))
	free := s.limits.Bandwidth - s.bandwidth()
	others := int64(n-used-1) * even
	rate = max(even, min(free/2, free-others))
	return rate, rate <= free
}

// rsyncs is how many may run at once; 0 = any number.
func (s *share) rsyncs() int {
	n := s.limits.Rsyncs
	if s.limits.Bandwidth == 0 {
		return n
	}
	if n == 0 {
		n = rsyncsForBandwidth
	}
	return max(1, min(n, int(s.limits.Bandwidth/slowest)))
}

func (s *share) used(kind control.PermitKind) int {
	n := 0
	for _, c := range s.held {
		if c.permit.Kind == kind {
			n++
		}
	}
	return n
}

// bandwidth is what has been given away of it.
func (s *share) bandwidth() int64 {
	var sum int64
	for _, c := range s.held {
		sum += c.permit.Rate
	}
	return sum
}

// status is nil when nothing is limited.
func (s *share) status() *control.Budget {
	if s.limits == (config.Budget{}) {
		return nil
	}
	return &control.Budget{
		Rsyncs: s.rsyncs(), RsyncsUsed: s.used(control.PermitRsync),
		FullSyncs: s.limits.FullSyncs, FullSyncsUsed: s.used(control.PermitFullSync),
		Bandwidth: s.limits.Bandwidth, BandwidthUsed: s.bandwidth(),
		Waiting: len(s.waiting),
	}
}
