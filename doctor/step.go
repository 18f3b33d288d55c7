package doctor

import (
	"context"
	"sync"
	"time"
)

// step looks at one thing, or at a few that belong together.
type step struct {
	about Finding // module, target and what; the rest is for when it is given up
	limit time.Duration
	run   func(ctx context.Context) []Finding
}

// atOnce is how many steps run at the same time. Most of them wait for a
// network.
const atOnce = 16

// leeway is how long a step may go on once its context has ended: long enough
// to remove a probe file.
const leeway = 25 * time.Second

// perform runs all steps and hands over what they find in their order.
func perform(ctx context.Context, steps []step, found func(Finding)) []Finding {
	results := make([]chan []Finding, len(steps))
	slots := make(chan struct{}, atOnce)
	var group sync.WaitGroup
	for i, s := range steps {
		results[i] = make(chan []Finding, 1) // handed over even if nobody is there yet
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			results[i] <- s.perform(ctx)
		})
	}
	var all []Finding
	for _, result := range results {
		for _, f := range <-result {
			all = append(all, f)
			if found != nil {
				found(f)
			}
		}
	}
	group.Wait()
	return all
}

// perform runs the step within its limit. A step that does not heed its
// context stands in a system call that nothing ends, on a dead network mount
// for example; it is left behind.
func (s step) perform(ctx context.Context) []Finding {
	if ctx.Err() != nil {
		return []Finding{s.unknown("not looked at: interrupted")}
	}
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	done := make(chan []Finding, 1)
	go func() { done <- s.run(ctx) }()
	var late <-chan time.Time
	ended := ctx.Done()
	for {
		select {
		case findings := <-done:
			return findings
		case <-ended:
			ended, late = nil, time.After(leeway)
		case <-late:
			return []Finding{s.unknown("no answer for " + s.limit.String() + ": is it on a dead network mount?")}
		}
	}
}

func (s step) unknown(message string) Finding { return s.about.with(Unknown, message, "") }

// with completes what a finding is about.
func (f Finding) with(level Level, message, hint string) Finding {
	f.Level, f.Message, f.Hint = level, message, hint
	return f
}

// on is the finding about something else of the same module and target.
func (f Finding) on(what string) Finding {
	f.What = what
	return f
}
