package instance

import (
	"errors"
	"io/fs"

	"github.com/syncsvc/syncsvc/checkpoint"
)

// stateSource is the name under which the root's identity is kept.
const stateSource = "source"

// origin is the root that the targets are filled from, as it is kept on disk
// beside the checkpoints: a first full sync may take hours, and a crash before
// its end must not make another root look like the right one.
type origin struct {
	Identity string `json:"identity"`
}

// rememberSource loads what an earlier life of the module knew of the root.
func (in *instance) rememberSource() error {
	var o origin
	err := in.store.LoadState(stateSource, &o)
	switch {
	case err == nil:
		in.source.known, in.savedSource = o.Identity, o.Identity
	case errors.Is(err, checkpoint.ErrCorrupt):
		in.Log.Warn("the identity of the source is damaged, those of the checkpoints will do", "err", err)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return nil
}

// saveSource keeps the identity of the root. That of another root than before
// is kept only when every target has had a full sync from it.
func (in *instance) saveSource() error {
	id := in.source.identity()
	if id == "" || id == in.savedSource {
		return nil
	}
	for _, t := range in.targets() {
		if in.savedSource != "" && t.filledFrom() != id {
			return nil
		}
	}
	if err := in.store.SaveState(stateSource, origin{Identity: id}); err != nil {
		return err
	}
	in.savedSource = id
	return nil
}
