package instance

import (
	"fmt"
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/control"
)

// syncing is a comparison on request as one target sees it. It is guarded by
// the target's mu.
type syncing struct {
	path  string
	asked time.Time // what was owed until then belongs to it
	ended time.Time // zero while something of it is owed
	err   string    // why it ended without everything being there

	landed work  // by jobs that have landed
	total  int64 // entries to examine; 0 = not known

	seen    int64 // bytes when the rate was last taken
	seenAt  time.Time
	rate    float64 // bytes a second
	counted time.Time
}

// work is what jobs have done.
type work struct{ files, deleted, bytes, examined int64 }

func (w *work) add(more work) {
	w.files += more.files
	w.deleted += more.deleted
	w.bytes += more.bytes
	w.examined += more.examined
}

// done is what rsync has told so far of a job in the air.
func (m *meter) done() work {
	return work{
		files: m.files.Load(), deleted: m.deleted.Load(), examined: m.examined.Load(),
		bytes: max(m.bytes.Load(), m.progress.Sent()),
	}
}

// sync owes a comparison of everything at and beneath path and follows it from
// its first job on.
func (t *target) sync(path string) *syncing {
	defer t.nudge()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ledger.add(compareAll(path))
	now := time.Now()
	s := &syncing{path: path, asked: now, seenAt: now}
	t.syncs = append(t.syncs, s)
	return s
}

// followed reports whether somebody wants to know how j gets on; the caller
// holds mu.
func (t *target) followed(j *job) bool {
	for _, s := range t.syncs {
		if s.concerns(j) {
			return true
		}
	}
	return false
}

// isFollowed is followed for those who do not hold mu.
func (t *target) isFollowed(j *job) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.followed(j)
}

// willExamine notes how many entries a job that is followed has to look at.
func (t *target) willExamine(j *job, entries int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.syncs {
		if s.concerns(j) {
			s.total, s.counted = s.landed.examined+entries, time.Now()
		}
	}
}

func (s *syncing) concerns(j *job) bool {
	for _, it := range j.items {
		if deals(it.Change, s.path) {
			return true
		}
	}
	return false
}

// credit notes what a job has done that has landed, and ends what is settled.
// The caller holds mu.
func (t *target) credit(j *job, o outcome, m *meter) {
	for _, s := range t.syncs {
		if s.concerns(j) {
			w := m.done()
			w.bytes = max(w.bytes, o.bytesOut)
			s.landed.add(w)
		}
	}
	t.endSyncs(time.Now())
}

// endSyncs lets go of the comparisons of which nothing is owed any more; the
// caller holds mu.
func (t *target) endSyncs(now time.Time) {
	open := t.syncs[:0]
	for _, s := range t.syncs {
		if t.covers(s) {
			open = append(open, s)
			continue
		}
		s.ended, s.err = now, t.remains(s.path)
	}
	clear(t.syncs[len(open):])
	t.syncs = open
}

// covers reports whether something of s is still owed; the caller holds mu.
func (t *target) covers(s *syncing) bool {
	for c := range t.ledger.unsettled() {
		if !c.Since.After(s.asked) && deals(c, s.path) {
			return true
		}
	}
	return false
}

// remains says what is not there at and beneath path although nothing is owed;
// "" when everything is. The caller holds mu.
func (t *target) remains(path string) string {
	n, one := 0, (*failure)(nil)
	for p, f := range t.ledger.failing.paths {
		if change.Within(p, path) {
			n, one = n+1, f
		}
	}
	switch {
	case n == 1:
		return fmt.Sprintf("%q fails: %s", one.Path, one.reason)
	case n > 1:
		return fmt.Sprintf("%s failing, among them %q: %s", pathsAre(int64(n)), one.Path, one.reason)
	case t.ledger.held.touches(path):
		return several(t.ledger.held.total(), "deletion waits", "deletions wait") + " for approval"
	}
	return ""
}

// progress is how far s is.
func (t *target) progress(s *syncing, now time.Time) (p control.TargetProgress, examined, total int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.endSyncs(now)
	all := s.landed
	for j, f := range t.flights {
		if s.ended.IsZero() && s.concerns(j) {
			all.add(f.meter.done())
		}
	}
	if span := now.Sub(s.seenAt); span >= time.Second {
		s.rate = max(0, float64(all.bytes-s.seen)) / span.Seconds()
		s.seen, s.seenAt = all.bytes, now
	}
	p = control.TargetProgress{
		Target: t.name, Done: !s.ended.IsZero(), Error: s.err,
		Files: all.files, Deleted: all.deleted, Bytes: all.bytes, Rate: s.rate,
	}
	switch {
	case p.Done:
		p.Percent, p.Rate = 100, 0
	default:
		p.Percent, p.ETA = s.forecast(all.examined, now)
		p.Waiting = t.waitsFor()
	}
	return p, all.examined, s.total
}

// nearlyAll is the most that is claimed before the end: what follows the last
// name, such as deletions, is not known beforehand.
const nearlyAll = 99

// forecast is how much of s is done, in percent, and how many seconds the rest
// may take; 0 when that can't be told.
func (s *syncing) forecast(examined int64, now time.Time) (percent, eta float64) {
	if s.total == 0 {
		return 0, 0
	}
	percent = min(nearlyAll, 100*float64(examined)/float64(s.total))
	if percent < 1 {
		return percent, 0
	}
	return percent, now.Sub(s.counted).Seconds() * (100 - percent) / percent
}

// waitsFor says why nothing moves; "" when it does. The caller holds mu.
func (t *target) waitsFor() string {
	switch state, reason, _ := t.state(); state {
	case control.Paused, control.Backoff, control.Held:
		return reason
	}
	if !t.ground.firm() {
		return errNotFirm.Error()
	}
	return t.turnWaited()
}
