package instance

import (
	"testing"
	"time"
)

// TestLoopThatStandsStillIsSeen: one that has nothing to do is nudged, and so
// told from one that hangs.
func TestLoopThatStandsStillIsSeen(t *testing.T) {
	var idle, busy, stuck turns
	hangs := false
	loops := []loop{
		{name: "idle", turns: idle.n.Load, nudge: idle.turn},
		{name: "busy", turns: busy.n.Load},
		{name: "stuck", turns: stuck.n.Load, nudge: func() {
			if !hangs {
				stuck.turn()
			}
		}},
	}
	var l lookout
	now := time.Now()
	look := func(d time.Duration) string {
		for end := now.Add(d); now.Before(end); now = now.Add(time.Second) {
			busy.turn()
			if still := l.look(loops, now); still != "" {
				return still
			}
		}
		return ""
	}
	if still := look(time.Minute); still != "" {
		t.Errorf("%q stands still", still)
	}
	hangs = true
	if still := look(stillFor); still != "" {
		t.Errorf("%q stands still after less than %s", still, stillFor)
	}
	if still := look(3 * time.Second); still != "stuck" {
		t.Errorf("what hangs is not seen but %q", still)
	}
	hangs = false
	look(time.Second)
	if still := look(time.Minute); still != "" {
		t.Errorf("%q does not count as moving again", still)
	}
}
