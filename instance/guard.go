package instance

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/syncsvc/syncsvc/rsync"
)

// fewDeletions is the smallest number at which a limit in percent holds
// anything.
const fewDeletions = 100

// guards reports whether j's deletions are counted before they are made: those
// of full syncs and walks always, those of live changes when the operator set
// a limit, all after the source was replaced, and those that may be held
// already.
func (s *sender) guards(j *job) bool {
	if s.t.isStrict() || s.t.waits(j) {
		return true
	}
	return !s.limit.Off && (j.guarded || s.limit.Set)
}

// guarded first does everything but delete, which also tells how many
// deletions there would be, and then deletes if that is not too many. Nothing
// is ever deleted halfway up to a limit.
func (s *sender) guarded(ctx context.Context, j *job, spec rsync.Job) outcome {
	spec.MaxDelete = 0
	first := s.runner.Run(ctx, s.to, spec)
	o := s.verdict(j, spec, first)
	if first.Skipped == 0 || first.Class != rsync.Limit {
		return o
	}
	if err := s.refuse(ctx, j, first.Skipped); err != nil {
		o.verdict, o.deletions = withheld, first.Skipped
		o.everything = s.limit.Set || s.t.isStrict()
		o.reason = err.Error()
		o.hint = "if they are meant, run: syncsvc approve " + s.t.module
		return o
	}
	spec.MaxDelete = -1
	second := s.verdict(j, spec, s.runner.Run(ctx, s.to, spec))
	o = merge(o, second)
	o.counted = j.allowed == 0
	return o
}

// refuse returns why n deletions may not be made.
func (s *sender) refuse(ctx context.Context, j *job, n int) error {
	if j.allowed > 0 {
		if n > j.allowed {
			return fmt.Errorf("%d deletions, but only %d were approved", n, j.allowed)
		}
		return nil
	}
	if s.t.isStrict() {
		return fmt.Errorf("%d deletions after the source was replaced", n)
	}
	if s.t.waits(j) {
		return fmt.Errorf("%d deletions where others wait for approval", n)
	}
	lately := s.t.deletedLately()
	limit := s.most(ctx, lately+n)
	if lately+n <= limit {
		return nil
	}
	return errors.New(overLimit(n, lately, fmt.Sprint(s.limit), limit))
}

// overLimit says which deletions max_delete, which comes to limit, forbids;
// lately others were made, which count.
func overLimit(n, lately int, maxDelete string, limit int) string {
	text := several(n, "deletion is", "deletions are")
	if lately > 0 {
		text = fmt.Sprintf("%d deletions, %d of them made already, are", n+lately, lately)
	}
	text += " more than max_delete allows: " + maxDelete
	if maxDelete != strconv.Itoa(limit) {
		text += fmt.Sprintf(", which is %d here", limit)
	}
	return text
}

func (t *target) waits(j *job) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ledger.waits(j)
}

// most is the limit as a number of entries; n is what it will be compared
// with. Before it forbids anything the tree is counted, unless that was done
// lately: it may have grown since it was last walked.
func (s *sender) most(ctx context.Context, n int) int {
	if s.limit.Percent == 0 {
		return s.limit.Count
	}
	if n > s.share() && !s.ground.countedLately() {
		if err := s.ground.count(ctx); err != nil && s.ground.entries.Load() == 0 {
			return 0
		}
	}
	return s.share()
}

// share is a limit in percent as a number of entries.
func (s *sender) share() int {
	return max(fewDeletions, int(float64(s.ground.entries.Load())*s.limit.Percent/100))
}

// merge is the outcome of two runs for the same job; what the second says of
// the job as a whole counts.
func merge(first, second outcome) outcome {
	second.failed = append(first.failed, second.failed...)
	second.vanished = append(first.vanished, second.vanished...)
	second.folders = append(first.folders, second.folders...)
	second.sent += first.sent
	second.bytesOut += first.bytesOut
	second.bytesIn += first.bytesIn
	return second
}
