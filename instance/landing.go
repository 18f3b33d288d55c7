package instance

import (
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// record is what there is to tell of a target.
type record struct {
	tally      control.Counters
	success    time.Time // last job that was answered
	jobTimes   *control.Histogram
	delays     *control.Histogram
	recent     recent
	heldSeen   int // as last told
	lastErr    string
	errAt      time.Time
	deletions  []deletion    // of guarded jobs, the last minute's
	stateSeen  control.State // as last noted
	stateSince time.Time
}

// landing is a job that has come back.
type landing struct {
	job     *job
	outcome outcome
}

// settle draws the conclusions from a job that has landed.
func (t *target) settle(l landing) {
	now := time.Now()
	defer t.messages.hold()()
	defer t.messages.settled(t)
	t.mu.Lock()
	f := t.flights[l.job]
	delete(t.flights, l.job)
	trial := t.circuit.trial == l.job
	if trial {
		t.circuit.trial = nil
	}
	if l.job.source != t.source {
		if l.outcome.verdict == undone {
			l.job.sweep()
		}
		l.job.guarded = true // what it owes besides: nobody saw that go from this root
	}
	t.ledger.settle(l.job, l.outcome, now)
	t.count(l.job, l.outcome, now)
	t.report(l.job, l.outcome, now)
	t.messages.landed(t, l.job, l.outcome, f.meter.heard)
	t.credit(l.job, l.outcome, f.meter)
	t.time(l.job, l.outcome, f.meter, now)
	precious := l.outcome.verdict == withheld || l.job.whole()
	t.mu.Unlock()
	if precious {
		wakeUp(t.urgent)
	}
	wakeUp(t.less)
	t.judge(l.outcome, trial, now)
	t.log.Debug("job lands", "shape", l.job.shape.String(), "paths", len(l.job.items),
		"verdict", l.outcome.verdict, "reason", l.outcome.reason, "took", now.Sub(l.job.started))
}

// count keeps the tally; the caller holds mu.
func (t *target) count(j *job, o outcome, now time.Time) {
	t.tally.Jobs++
	t.tally.Sent += o.sent
	t.tally.BytesSent += o.bytesOut
	t.tally.BytesReceived += o.bytesIn
	if o.verdict != withheld && o.deletions > 0 {
		t.tally.Deleted += int64(o.deletions)
		if o.counted {
			t.deletions = append(t.deletions, deletion{now, o.deletions})
		}
	}
	if o.verdict == answered && j.shape == rename {
		t.tally.Renamed++
	}
	if j.whole() && j.source == t.source && (o.verdict == answered || o.verdict == withheld) {
		t.tally.FullSyncs++
		t.based = true
	}
	// what was owed to the root before a replacement has to be held as well
	t.strict = t.strict && !(t.based && !t.ledger.swept())
	if o.verdict == answered || o.verdict == withheld {
		t.success = now
	}
	if o.reason != "" {
		t.lastErr, t.errAt = o.reason, now
		t.tally.Errors++
	}
}

// judge opens or closes the circuit. It is closed by a trial only: other jobs
// may have begun before the target failed.
func (t *target) judge(o outcome, trial bool, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case o.blame:
		t.fail(now, o.trouble, o.reason, o.hint)
	case trial && (o.verdict == answered || o.verdict == withheld || o.verdict == unexplained):
		if n := t.circuit.ok(); n > 0 {
			t.log.Info("target is back", "failures", n)
		}
	}
	switch {
	case o.verdict == withheld:
		t.log.Warn("deletions held", "count", o.deletions, "reason", o.reason, "hint", o.hint)
	case t.ledger.failing.news > 0:
		if list := t.ledger.failing.list(); len(list) > 0 { // or they went through since
			t.log.Warn("some paths failed, will retry", "count", t.ledger.failing.news,
				"path", list[0].Path, "reason", list[0].reason)
		}
		t.ledger.failing.news = 0
	}
}

// fail opens the circuit or keeps it open. An outage is a warning once; what is
// learnt of it later is told without. The caller holds mu.
func (t *target) fail(now time.Time, kind trouble, reason, hint string) {
	switch t.circuit.fail(now, kind, reason, hint) {
	case outbreak:
		t.log.Warn("target is away, will retry", "reason", reason, "hint", hint)
	case another:
		t.log.Info("target is still away", "reason", reason, "hint", hint)
	}
}

func (t *target) isStrict() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.strict
}

// lately is how far back deletions count towards the limit: a limit of ten is
// not kept by deleting nine at a time.
const lately = time.Minute

type deletion struct {
	at    time.Time
	count int
}

// deletedLately is how many entries guarded jobs deleted in the last minute.
func (t *target) deletedLately() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, cut := 0, time.Now().Add(-lately)
	kept := t.deletions[:0]
	for _, d := range t.deletions {
		if d.at.After(cut) {
			kept = append(kept, d)
			n += d.count
		}
	}
	t.deletions = kept
	return n
}
