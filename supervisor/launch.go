package supervisor

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"time"
)

// startPatience is how long others wait for a module that does not come up.
const startPatience = 10 * time.Second

// startsAtOnce is how many modules may be on their way up together: more would
// only make each other slow.
func startsAtOnce() int { return 2 * runtime.NumCPU() }

// launch starts members in order of priority: a class begins when those before
// it are up, or had their time. It returns at once.
func (f *fleet) launch(ctx context.Context, members []*member) {
	f.makeRoom()
	order := slices.Clone(members)
	slices.SortStableFunc(order, func(a, b *member) int {
		return cmp.Or(cmp.Compare(a.module.Priority, b.module.Priority), cmp.Compare(a.name, b.name))
	})
	classes := slices.Collect(chunks(order))
	f.running.Go(func() {
		slots := make(chan struct{}, startsAtOnce()) // one for each start under way
		for _, class := range classes {
			var up sync.WaitGroup
			for _, m := range class {
				select {
				case slots <- struct{}{}:
				case <-ctx.Done():
				}
				if ctx.Err() != nil {
					break
				}
				f.begin(ctx, m)
				up.Go(func() { awaitStart(ctx, m); <-slots })
			}
			up.Wait()
		}
	})
}

// awaitStart waits until it is known how the start of m went, for a bounded
// time.
func awaitStart(ctx context.Context, m *member) {
	late := time.NewTimer(startPatience)
	defer late.Stop()
	select {
	case <-m.keeper.Ready():
	case <-late.C:
	case <-ctx.Done():
	}
}

// chunks yields the runs of members of one priority.
func chunks(order []*member) func(yield func([]*member) bool) {
	return func(yield func([]*member) bool) {
		for len(order) > 0 {
			n := 1
			for n < len(order) && order[n].module.Priority == order[0].module.Priority {
				n++
			}
			if !yield(order[:n]) {
				return
			}
			order = order[n:]
		}
	}
}
