package instance_test

import (
	"strings"
	"testing"

	"github.com/syncsvc/syncsvc/control"
)

// TestTargetsTakeTurnsInFullSyncs: what the supervisor has to be asked for
// waits, says so, and is given back.
func TestTargetsTakeTurnsInFullSyncs(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 2)
	m.put("d/f", "1")
	m.env = append(m.env, budgetEnv+"=full-sync,rsync")
	p := m.supervised()
	m.start()
	wants := func(kind control.PermitKind) control.Permit {
		t.Helper()
		return *p.next(t, string(kind)+" is asked for", func(msg control.Message) bool {
			return msg.Want != nil && msg.Want.Kind == kind
		}).Want
	}
	grant := func(w control.Permit, rate int64) {
		t.Helper()
		w.Rate = rate
		m.must(p.Send(control.Message{Grant: &w}))
	}
	done := func(w control.Permit) {
		t.Helper()
		p.next(t, "it is given back", func(msg control.Message) bool { return msg.Done == w.Number })
	}
	one, two := wants(control.PermitFullSync), wants(control.PermitFullSync)
	m.until("status says why", func() bool {
		st := m.status()
		return strings.Contains(st.Reason, "waits for its turn") && strings.Contains(st.Targets[1].Reason, "1 full syncs are allowed")
	})
	p.next(t, "a beat while it waits", isBeat)
	grant(one, 0)
	run := wants(control.PermitRsync)
	m.until("status says why", func() bool {
		st := m.status()
		return strings.Contains(st.Targets[0].Reason+st.Targets[1].Reason, "1 rsyncs are allowed")
	})
	grant(run, 1<<20)
	done(run)
	done(one)
	m.post("/v1/pause", nil)
	done(two) // a paused target keeps nothing from the others
	m.post("/v1/resume", nil)
	grant(wants(control.PermitFullSync), 0)
	run = wants(control.PermitRsync)
	grant(run, 0)
	done(run)
	m.until("all is there", func() bool { return m.has(0, "d/f", "1") && m.has(1, "d/f", "1") })
	m.stop()
}
