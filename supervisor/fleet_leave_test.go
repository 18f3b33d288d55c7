package supervisor

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// TestProcessThatDoesNotDieHoldsUpNoReload has a module whose process waits for
// a disk for ever, as where a network file system is gone.
func TestProcessThatDoesNotDieHoldsUpNoReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{stateDir: t.TempDir(), runDir: t.TempDir(), hub: &hub{}, log: slog.New(slog.DiscardHandler)}
		f.keeper = func(m *config.Module) *keeper {
			return newKeeper(keeperOptions{Name: m.Name, Home: t.TempDir(), Module: m, Log: f.log})
		}
		www := &config.Module{Name: "www"} // not enabled: it rests
		old := f.add(www)
		gone := make(chan struct{})
		old.end, old.ended = func() {}, gone
		if n := len(f.modules(time.Now())); n != 1 {
			t.Errorf("there are %d modules, want 1", n)
		}
		f.remove("www") // returns, or nothing moves any more
		if left := f.modules(time.Now()); len(left) != 1 || left[0].State != control.Degraded || !strings.HasPrefix(left[0].Reason, "was removed, but its process") {
			t.Errorf("what is left of it is not to be seen: %+v", left)
		}

		ctx, cancel := context.WithCancel(t.Context())
		f.begin(ctx, f.add(www))
		f.remove("www")
		again := f.add(www)
		f.begin(ctx, again)
		synctest.Wait()
		if s := again.keeper.status(); s.Reason != "waits for the end of its process before" {
			t.Errorf("two processes at a time: %s, %q", s.State, s.Reason)
		}
		if both := f.modules(time.Now()); len(both) != 1 || both[0].Wanted != control.WantedDisabled {
			t.Errorf("there are %+v", both)
		}
		close(gone)
		<-again.keeper.Ready() // it rests, as it should
		cancel()
		f.running.Wait()
		if len(f.leaving) > 0 {
			t.Errorf("still waited for: %v", f.leaving)
		}
	})
}

func TestProcessThatEndsLateIsForgotten(t *testing.T) {
	gone := make(chan struct{})
	m := &member{name: "www", module: &config.Module{Name: "www"}, view: newView("none"), keeper: newKeeper(keeperOptions{Name: "www"})}
	f := &fleet{leaving: map[string]*departure{"www": {member: m, ended: gone, late: true}}}
	if n := len(f.modules(time.Now())); n != 1 {
		t.Errorf("%d modules are told of, want 1", n)
	}
	close(gone)
	if n := len(f.modules(time.Now())); n != 0 || len(f.leaving) != 0 {
		t.Errorf("%d modules are told of, %d waited for, want none", n, len(f.leaving))
	}
}
