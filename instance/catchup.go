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
	in.gaining.Lock()
	defer in.gaining.Unlock()
	now := time.Now()
	replaced := before != "" && before != id.String()
	var sweep []*target
	since := now
	for _, t := range in.targets() {
		if from, scan := in.catchUp(t, id.String(), replaced, lost, now); scan {
			sweep, since = append(sweep, t), earlier(since, from)
		}
	}
	in.sweep, in.arming = sweep, true
	if len(sweep) > 0 {
		in.sweeper.prepare(change.Change{Path: change.Root, Scope: change.Scan, Since: since}, sweep)
	}
	wakeUp(in.urgent) // whoever starts without a checkpoint must know this root
	for _, t := range in.targets() {
		t.nudge()
	}
}

// catchUp decides how t catches up: by a scan since a moment, or else by a full
// sync, which is owed then. The caller holds gaining.
func (in *instance) catchUp(t *target, id string, replaced bool, lost, now time.Time) (from time.Time, scan bool) {
	strange := t.fillFrom(id, replaced)
	from, why := t.safeStart(id, lost, in.settingsOf(t), in.lifeFor(t))
	switch {
	case strange:
		t.fill(now, "the source folder is another one than before; deletions will be held")
	case why == "":
		scan = true
	case in.neverFull(t) && !t.isStrict():
		t.base(now)
		from, scan = now, true
	default:
		t.fill(now, why)
	}
	if in.module().FullSync == config.FullOnStart && lost.IsZero() && !strange && why == "" {
		t.fill(now, "full_sync is on-start")
	}
	return from, scan
}

// scanners returns the targets for which a scan is of use. The first one after
// arming, which covers the time the arming took, tells nothing to a target
// whose full sync begins after it.
func (in *instance) scanners() []*target {
	if !in.arming || in.source.status().watch.Overflows > 0 {
		return in.targets()
	}
	in.arming = false
	return in.sweep
}

// safeStart returns the moment from which a scan finds everything the target
// lacks, or why there is none.
func (t *target) safeStart(source string, lost time.Time, settings string, life checkpoint.Life) (from time.Time, why string) {
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
	if err == nil && life.Doubts(*t.mark) {
		err = errPowerCut
	}
	if err != nil {
		// A moment of a clock that was ahead would hold up the next ones.
		t.mark, t.markWhy, t.upto = nil, err.Error(), time.Time{}
		return time.Time{}, t.markWhy
	}
	t.based = true
	return t.mark.Upto, ""
}

// fillFrom notes which root the target is filled from now. It reports whether
// that is another one than before, in this life of the module or an earlier
// one; then every deletion is held until a full sync is done, and the
// checkpoint stays.
func (t *target) fillFrom(source string, replaced bool) (strange bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	strange = replaced || t.mark != nil && t.mark.Source != source
	if strange {
		t.based, t.strict = false, true
		t.ledger.sweep()
	}
	t.source = source
	return strange
}

// filledFrom returns the root that the target has had a full sync from, "" when
// there is none.
func (t *target) filledFrom() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.based {
		return ""
	}
	return t.source
}

// fill asks for a full sync.
func (t *target) fill(now time.Time, why string) {
	t.log.Info("full sync", "why", why)
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
