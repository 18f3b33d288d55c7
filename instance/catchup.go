package instance

import (
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/checkpoint"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/watch"
)

// gained decides how each target catches up once the root is armed. The walk it
// prepares begins with the scan that every watcher asks for first. lost is
// the moment up to which everything was seen before the root was lost, zero at
// the first time; before is the identity it had then, or in an earlier life.
func (in *instance) gained(id watch.Identity, before string, lost time.Time) {
	now := time.Now()
	replaced := before != "" && before != id.String()
	var sweep []*target
	since := now
	for _, t := range in.targets {
		from, why := t.safeStart(id.String(), lost, in.settingsOf(t))
		switch {
		case replaced:
			t.fill(now, true, "the source folder is another one than before")
		case why == "":
			sweep, since = append(sweep, t), earlier(since, from)
		case in.Module.FullSync == config.FullNever:
			t.base(now)
		default:
			t.fill(now, false, why)
		}
		if in.Module.FullSync == config.FullOnStart && lost.IsZero() && !replaced && why == "" {
			t.fill(now, false, "full_sync is on-start")
		}
	}
	if len(sweep) > 0 {
		in.sweeper.prepare(change.Change{Path: change.Root, Scope: change.Scan, Since: since}, sweep)
	}
	for _, t := range in.targets {
		t.nudge()
	}
}

// safeStart returns the moment from which a scan finds everything the target
// lacks, or why there is none.
func (t *target) safeStart(source string, lost time.Time, settings string) (from time.Time, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !lost.IsZero() && t.based:
		return lost, ""
	case t.mark == nil:
		return time.Time{}, t.markWhy
	}
	clock, err := checkpoint.Now()
	if err == nil {
		err = t.mark.Trusted(clock, source, settings)
	}
	if err != nil {
		return time.Time{}, err.Error()
	}
	t.based = true
	return t.mark.Upto, ""
}

// fill asks for a full sync. After the source was replaced its deletions are
// held whatever their number.
func (t *target) fill(now time.Time, strict bool, why string) {
	t.log.Info("full sync", "why", why)
	t.mu.Lock()
	t.strict = t.strict || strict
	t.based = t.based && !strict // until it is done the checkpoint stays
	t.mu.Unlock()
	c := compareAll(change.Root)
	c.Since = now
	t.offer([]change.Change{c})
}

// base declares that the target needs nothing from before now.
func (t *target) base(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.based, t.upto = true, now
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
