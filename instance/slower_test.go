package instance

import "testing"

// TestGrantedRateOnlyEverLowersTheLimit: what the module allows itself stays.
func TestGrantedRateOnlyEverLowersTheLimit(t *testing.T) {
	for _, c := range []struct{ own, granted, want int64 }{
		{0, 0, 0}, {0, 100, 100}, {50, 100, 50}, {200, 100, 100}, {200, 0, 200},
	} {
		s := &sender{}
		s.to.BWLimit = c.own
		if got := s.slower(c.granted).to.BWLimit; got != c.want || s.to.BWLimit != c.own {
			t.Errorf("%d with %d granted is %d, want %d", c.own, c.granted, got, c.want)
		}
	}
}
