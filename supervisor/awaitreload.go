package supervisor

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// reloadPatience is how long the answer to a reload waits for what it has
// started. Many modules take longer, and are seen to come up in the status.
const reloadPatience = 10 * time.Second

// awaitReload waits until the modules that a reload has started are up, and
// notes which are not.
func (f *fleet) awaitReload(ctx context.Context, steps []control.ModuleReload, asked time.Time) {
	ctx, cancel := context.WithTimeout(ctx, reloadPatience)
	defer cancel()
	var all sync.WaitGroup
	for i := range steps {
		if s := &steps[i]; s.Action == control.Restart || s.Action == control.AddModule {
			all.Go(func() { s.Error = f.outcome(ctx, s.Module, asked) })
		}
	}
	all.Wait()
}

// outcome waits for how the start of one module goes; "" = it is up, or need
// not be, or takes long.
func (f *fleet) outcome(ctx context.Context, name string, asked time.Time) string {
	for {
		m := f.get(name)
		if m == nil || f.facts(m).wanted != control.WantedUp {
			return ""
		}
		now := m.keeper.status()
		if err := isLost(now, asked); err != nil {
			if failed, ok := errors.AsType[*control.Failed](err); ok && failed.Hint != "" {
				return err.Error() + "; " + failed.Hint
			}
			return err.Error()
		}
		if now.State == control.Live && now.Started.After(asked) || !pause(ctx, waitStep) {
			return ""
		}
	}
}
