package supervisor

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestVerdictOnADeath(t *testing.T) {
	const s = time.Second
	died := "died, will be started again"
	for _, c := range []struct {
		name   string
		past   int
		exit   exit
		chance float64
		want   verdict
	}{
		{"the first", 0, exit{code: 2}, 0, verdict{delay: s, next: history{1}, reason: died}},
		{"the second", 1, exit{lived: s, code: 2}, 0, verdict{delay: 2 * s, next: history{2}, reason: died}},
		{"short of stable", 2, exit{lived: 59 * s, code: 2}, 0, verdict{delay: 4 * s, next: history{3}, reason: died}},
		{"the sixth", 5, exit{code: 2}, 0, verdict{delay: 32 * s, next: history{6}, reason: died}},
		{"the longest delay", 6, exit{code: 2}, 0, verdict{delay: 60 * s, next: history{7}, reason: died}},
		{"for ever", 1000, exit{code: 2}, 0, verdict{delay: 60 * s, next: history{1001}, reason: died}},
		{"after a stable life", 1000, exit{lived: 60 * s, code: 2}, 0, verdict{delay: s, next: history{1}, reason: died}},
		{"by itself", 0, exit{code: 0}, 0, verdict{delay: s, next: history{1}, reason: died}},
		{"by a signal", 0, exit{code: -1}, 0, verdict{delay: s, next: history{1}, reason: died}},
		{"spread", 6, exit{code: 2}, 0.5, verdict{delay: 54 * s, next: history{7}, reason: died}},
		{
			"configuration", 3,
			exit{lived: s, code: exitConfig},
			0.5,
			verdict{giveUp: true, reason: "cannot run: its configuration has to be corrected"},
		},
		{"killed while it ended so", 0, exit{code: exitConfig, killed: true}, 0, verdict{delay: s, next: history{1}, reason: died}},
	} {
		got := usualPolicy().judge(history{c.past}, c.exit, c.chance)
		if d := cmp.Diff(c.want, got, cmp.AllowUnexported(verdict{}, history{})); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}
