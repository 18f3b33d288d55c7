package control

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestModuleSumsUpItsTargets(t *testing.T) {
	early, late := time.Unix(100, 0), time.Unix(200, 0)
	s := &Status{
		Module: "www", State: Degraded, Reason: "b: away", Pid: 7,
		Targets: []Target{
			{URL: "a", State: Live, Owed: 1, LastSuccess: &late},
			{URL: "b", State: Backoff, Owed: 5, InFlight: 2, Lag: 30, LastSuccess: &early, Held: 3, Failing: 4},
			{URL: "c", State: Scanning, Lag: 2},
		},
	}
	m := Module{File: "/etc/syncsvc/conf.d/www.yaml", Owed: 99}
	m.Take(s)
	want := Module{
		Name: "www", File: "/etc/syncsvc/conf.d/www.yaml", State: Degraded, Reason: "b: away", Pid: 7, Started: &s.Started,
		Lag: 30, Owed: 6, InFlight: 2, Held: 3, Failing: 4, TargetsOK: 2, Targets: 3, LastSync: &late, Status: s,
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
