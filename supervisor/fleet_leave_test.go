package supervisor

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/syncsvc/syncsvc/config"
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
		f.remove("www") // returns, or nothing moves any more

		ctx, cancel := context.WithCancel(t.Context())
		f.begin(ctx, f.add(www))
		f.remove("www")
		again := f.add(www)
		f.begin(ctx, again)
		synctest.Wait()
		if s := again.keeper.status(); s.Reason != "waits for the end of its process before" {
			t.Errorf("two processes at a time: %s, %q", s.State, s.Reason)
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
