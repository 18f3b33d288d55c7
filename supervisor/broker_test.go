package supervisor

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

func rsyncPermit(n uint64) control.Permit {
	return control.Permit{Number: n, Kind: control.PermitRsync}
}

// grantAll gives what can be given and returns the modules in order.
func grantAll(s *share) []string {
	var order []string
	for c := s.grant(); c != nil; c = s.grant() {
		order = append(order, c.owner.module)
	}
	return order
}

func TestFewestHeldComeFirst(t *testing.T) {
	s := &share{limits: config.Budget{Rsyncs: 3}}
	greedy, modest := &session{module: "greedy"}, &session{module: "modest"}
	for n := range 5 {
		s.want(greedy, rsyncPermit(uint64(n+1)))
	}
	if got := grantAll(s); len(got) != 3 {
		t.Fatalf("granted %v", got)
	}
	s.want(modest, rsyncPermit(1))
	s.drop(greedy, func(p control.Permit) bool { return p.Number == 1 })
	if got := grantAll(s); len(got) != 1 || got[0] != "modest" {
		t.Errorf("granted %v", got)
	}
}

func TestDeadInstanceGivesItsPermitsBack(t *testing.T) {
	b := &broker{share: share{limits: config.Budget{Rsyncs: 1}}}
	granted := make(chan uint64, 1) // one grant is expected
	dead := b.join("www", func(control.Message) error { return nil })
	dead.hear(control.Message{Want: &control.Permit{Number: 7, Kind: control.PermitRsync}})
	next := b.join("bbs", func(m control.Message) error { granted <- m.Grant.Number; return nil })
	next.hear(control.Message{Want: &control.Permit{Number: 9, Kind: control.PermitRsync}})
	if st := b.status(); st.RsyncsUsed != 1 || st.Waiting != 1 {
		t.Errorf("before the death: %+v", st)
	}
	dead.leave()
	if n := <-granted; n != 9 {
		t.Errorf("granted %d", n)
	}
	next.leave()
	if st := b.status(); st.RsyncsUsed != 0 || st.Waiting != 0 {
		t.Errorf("at the end: %+v", st)
	}
}

func TestHungInstanceDoesNotKeepOthersFromTheirs(t *testing.T) {
	b := &broker{share: share{limits: config.Budget{Rsyncs: 2}}}
	release := make(chan struct{})
	hung := b.join("hung", func(control.Message) error { <-release; return nil })
	defer func() { close(release); hung.leave() }()
	hung.hear(control.Message{Want: &control.Permit{Number: 1, Kind: control.PermitRsync}})
	granted := make(chan struct{}, 1) // one grant is expected
	well := b.join("well", func(control.Message) error { granted <- struct{}{}; return nil })
	defer well.leave()
	well.hear(control.Message{Want: &control.Permit{Number: 1, Kind: control.PermitRsync}})
	<-granted
}

func TestNothingLimitedMeansNothingToShow(t *testing.T) {
	s := &share{}
	s.want(&session{module: "www"}, rsyncPermit(1))
	if got := grantAll(s); len(got) != 1 || s.held[0].permit.Rate != 0 {
		t.Errorf("granted %v", got)
	}
	if s.status() != nil {
		t.Error("there is a budget")
	}
}

func TestShareKeepsItsLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &share{limits: config.Budget{
			Rsyncs:    rapid.IntRange(0, 6).Draw(t, "rsyncs"),
			FullSyncs: rapid.IntRange(0, 3).Draw(t, "full syncs"),
			Bandwidth: rapid.SampledFrom([]int64{0, 1, 1500, 10_000, 1 << 20, 1<<30 + 7}).Draw(t, "bandwidth"),
		}}
		owners := []*session{{module: "a"}, {module: "b"}, {module: "c"}}
		for n := range rapid.IntRange(1, 60).Draw(t, "steps") {
			owner := rapid.SampledFrom(owners).Draw(t, "owner")
			switch rapid.IntRange(0, 4).Draw(t, "do") {
			case 0, 1:
				s.want(owner, rsyncPermit(uint64(n+1)))
			case 2:
				s.want(owner, control.Permit{Number: uint64(n + 1), Kind: control.PermitFullSync})
			case 3:
				if len(s.held) > 0 {
					c := rapid.SampledFrom(s.held).Draw(t, "ends")
					s.drop(c.owner, func(p control.Permit) bool { return p == c.permit })
				}
			case 4:
				s.drop(owner, func(control.Permit) bool { return true })
			}
			grantAll(s)
			checkLimits(t, s)
		}
	})
}

func checkLimits(t *rapid.T, s *share) {
	l := s.limits
	if n := s.used(control.PermitRsync); l.Rsyncs > 0 && n > l.Rsyncs {
		t.Fatalf("%d rsyncs of %d", n, l.Rsyncs)
	}
	if n := s.used(control.PermitFullSync); l.FullSyncs > 0 && n > l.FullSyncs {
		t.Fatalf("%d full syncs of %d", n, l.FullSyncs)
	}
	if sum := s.bandwidth(); l.Bandwidth > 0 && sum > l.Bandwidth {
		t.Fatalf("%d bytes a second of %d", sum, l.Bandwidth)
	}
	for _, c := range s.held {
		if l.Bandwidth > 0 && c.permit.Kind == control.PermitRsync && c.permit.Rate <= 0 {
			t.Fatal("an rsync without a limit")
		}
	}
	if len(s.waiting) > 0 && len(s.held) == 0 {
		t.Fatal("nobody has anything and somebody waits")
	}
}

// Every claim is served as long as permits come back, however eagerly others
// ask.
func TestNobodyWaitsForEver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 4).Draw(t, "rsyncs")
		s := &share{limits: config.Budget{Rsyncs: n}}
		// The patient one holds all but one permit for good and wants another.
		patient := &session{module: "patient"}
		for i := range n - 1 {
			s.want(patient, rsyncPermit(uint64(i+1)))
		}
		grantAll(s)
		const wanted = 99
		eager := []*session{{module: "b"}, {module: "c"}, {module: "d"}}
		for i, e := range eager {
			s.want(e, rsyncPermit(uint64(i+1)))
		}
		grantAll(s)
		s.want(patient, rsyncPermit(wanted))
		const enough = overtakings * (6 + 1) * 4
		for range enough {
			c := s.held[len(s.held)-1]
			if c.permit.Number == wanted {
				return
			}
			s.drop(c.owner, func(p control.Permit) bool { return p == c.permit })
			s.want(c.owner, c.permit)
			grantAll(s)
		}
		t.Fatalf("the patient one was overtaken for %d rounds", enough)
	})
}
