package instance

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/syncsvc/syncsvc/checkpoint"
	"github.com/syncsvc/syncsvc/config"
)

// stateLife is the name under which the store keeps how this life goes.
const stateLife = "life"

var errPowerCut = errors.New("the machine went down without stopping this module, so the source may have lost what it had not written to its disk yet")

// beginLife notes durably, before anything is sent, that this life has not ended
// in order yet.
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
	if err := in.store.SaveState(stateLife, in.life); err != nil {
		return fmt.Errorf("%w; is the disk of %s full or read-only?", err, in.StateDir)
	}
	return nil
}

// lifeFor returns what to judge the checkpoint of t by: nothing, where no full
// sync would follow.
func (in *instance) lifeFor(t *target) checkpoint.Life {
	if in.spared(t) {
		return checkpoint.Life{}
	}
	return in.life
}

// spared reports whether t gets no full syncs.
func (in *instance) spared(t *target) bool {
	return in.module().FullSync == config.FullNever || t.isAlone()
}

// endLife notes that nothing is sent any more and that everybody was told in
// time: a machine that is shut down writes all it has after that.
func (in *instance) endLife() error {
	in.life.Ended = true
	return in.store.SaveState(stateLife, in.life)
}
