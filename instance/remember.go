package instance

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"github.com/syncsvc/syncsvc/checkpoint"
)

const (
	// saveEvery is how often a checkpoint is written while something is sent.
	saveEvery = time.Second
	// saveIdle is how often it is written when only time passes: a disk that
	// sleeps is worth more than a shorter scan.
	saveIdle = 30 * time.Second
	// saveAfter is how long after the last job something counts as being sent:
	// until the checkpoint is past it by more than a scan's margin.
	saveAfter = 5 * time.Second
)

// standing is how far a target is filled, and from what.
type standing struct {
	mark    *checkpoint.Mark // of an earlier life; nil when there is none to trust
	markWhy string           // why there is none
	based   bool             // the target has had a full sync, or needs none
	strict  bool             // every deletion is held until a full sync is done and nothing older is owed
	source  string           // identity of the root it is filled from
	upto    time.Time        // it has everything that changed before
	savedAt time.Time        // when the checkpoint was last written
}

// remember loads what an earlier life of the module left about t.
func (in *instance) remember(t *target) error {
	mark, err := in.store.Load(t.name)
	switch {
	case err == nil:
		t.mark, t.upto = &mark, mark.Upto
		if in.source.known == "" {
			in.source.known = mark.Source
		}
	case errors.Is(err, fs.ErrNotExist):
		t.markWhy = "there is no checkpoint yet"
	case errors.Is(err, checkpoint.ErrCorrupt):
		t.markWhy = err.Error()
		t.log.Warn("checkpoint is damaged, a full sync will follow", "err", err)
	default:
		return err
	}
	failures, err := in.store.Failures(t.name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.log.Warn("fail list is damaged, a full sync will follow", "err", err)
		t.mark, t.markWhy = nil, err.Error()
	}
	t.ledger.recall(failures)
	return nil
}

// keepCheckpoint saves once a second, and at once what must not be forgotten,
// until ctx ends.
func (in *instance) keepCheckpoint(ctx context.Context) {
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	var unsaved grievance
	for {
		in.keeper.turn()
		all := unsaved.known() // so that it is over only when it has really been written
		select {
		case <-ctx.Done():
			return
		case <-in.urgent:
			all = true
		case <-tick.C:
		}
		if err := in.save(all); err != nil {
			unsaved.again(in.Log, slog.LevelError, "saving the checkpoint failed; a crash now costs a longer scan", err,
				"hint", "is the disk of "+in.StateDir+" full or read-only?")
			continue
		}
		unsaved.over(in.Log, "the checkpoint is saved again")
	}
}

// save writes what moved since the last time, all of it or what is due. The fail
// list goes first: the checkpoint may have passed what is on it.
func (in *instance) save(all bool) error {
	in.saving.Lock()
	defer in.saving.Unlock()
	seen := in.source.horizon()
	var errs []error
	for _, t := range in.targets() {
		in.keeper.turn()
		errs = append(errs, in.saveTarget(t, seen, all))
	}
	errs = append(errs, in.saveLife(), in.saveAway(), in.saveSource(), in.ground.inner.save(in.store))
	return errors.Join(errs...)
}

// saveTarget writes how far t has come, seen being the moment up to which it was
// told everything. The caller holds saving.
func (in *instance) saveTarget(t *target, seen time.Time, all bool) error {
	letGo := in.messages.hold()
	mark, list, changed := t.advance(seen)
	letGo()
	var failed error
	if changed {
		if err := in.store.SaveFailures(t.name, list); err != nil {
			t.unsaved()
			return err
		}
		failed = in.writeFailLog()
	}
	if mark.IsZero() || !(all || t.saveDue(time.Now())) {
		return failed
	}
	return errors.Join(failed, in.saveMark(t, mark))
}

func (in *instance) saveMark(t *target, upto time.Time) error {
	source := t.filledFrom()
	if source == "" {
		return nil
	}
	if err := in.messages.flush(); err != nil {
		return err
	}
	clock, err := checkpoint.Now()
	if err != nil {
		return err
	}
	return in.store.Save(t.name, checkpoint.Mark{
		Upto: upto, Source: source, Settings: in.settingsOf(t), Clock: clock,
	})
}

// advance moves the checkpoint to the oldest change that is not settled, or to
// the moment up to which everything was seen. It returns the zero time when it
// has not moved, and the fail list when that changed.
func (t *target) advance(seen time.Time) (upto time.Time, list []checkpoint.Failure, changed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.based || seen.IsZero() {
		return time.Time{}, nil, false
	}
	if t.ledger.changed() {
		list, changed = t.ledger.persist(), true
	}
	if oldest := t.ledger.oldest(false); !oldest.IsZero() && oldest.Before(seen) {
		seen = oldest
	}
	if !seen.After(t.upto) {
		return time.Time{}, list, changed
	}
	t.upto = seen
	return seen, list, changed
}

// saveDue reports whether the checkpoint is to be written at now, and takes it
// for written.
func (t *target) saveDue(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.success) > saveAfter && now.Sub(t.savedAt) < saveIdle {
		return false
	}
	t.savedAt = now
	return true
}

func (t *target) unsaved() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ledger.failing.changed = true
}

// settingsOf is a fingerprint of everything that decides what belongs on t and
// how: when it is another, the checkpoint means nothing.
func (in *instance) settingsOf(t *target) string {
	return in.module().ContentFingerprint(t.settings())
}
