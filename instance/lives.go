package instance

import (
	"errors"
	"io/fs"

	"github.com/syncsvc/syncsvc/checkpoint"
	"github.com/syncsvc/syncsvc/config"
)

// stateLife is the name under which the store keeps how this life goes.
const stateLife = "life"

var errPowerCut = errors.New("the machine went down without stopping this module, so the source may have lost what it had not written to its disk yet")

// beginLife notes durably, before anything is sent, that this life has not ended
// in order yet. Where the disk does not take that, it is tried again with each
// checkpoint: to mirror matters more.
func (in *instance) beginLife() error {
	now, err := checkpoint.Now()
	if err != nil {
		return err
	}
	var last checkpoint.Life
	err = in.store.LoadState(stateLife, &last)
	in.life = last.Next(now)
	switch {
	case errors.Is(err, checkpoint.ErrCorrupt):
		in.Log.Warn("how the module ended last can't be read, a full sync will follow", "err", err)
		in.life.Cut = now.Wall
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	in.saving.Lock()
	defer in.saving.Unlock()
	if err := in.saveLife(); err != nil {
		in.Log.Error("a power cut now would not be noticed", "err", err,
			"hint", "is the disk of "+in.StateDir+" full or read-only?")
	}
	return nil
}

// saveLife notes how this life goes, if that is not on disk yet. The caller holds
// saving.
func (in *instance) saveLife() error {
	if in.noted == in.life {
		return nil
	}
	if err := in.store.SaveState(stateLife, in.life); err != nil {
		return err
	}
	in.noted = in.life
	return nil
}

// lifeFor returns what to judge the checkpoint of t by: nothing, where no full
// sync would follow.
func (in *instance) lifeFor(t *target) checkpoint.Life {
	if in.neverFull(t) {
		return checkpoint.Life{}
	}
	return in.life
}

// neverFull reports whether t gets no full syncs.
func (in *instance) neverFull(t *target) bool {
	return in.module().FullSync == config.FullNever || t.isAlone()
}

// endLife notes that nothing is sent any more and that everybody was told in
// time: a machine that is shut down writes all it has after that.
func (in *instance) endLife() error {
	in.saving.Lock()
	defer in.saving.Unlock()
	in.life.Ended = true
	return in.saveLife()
}
