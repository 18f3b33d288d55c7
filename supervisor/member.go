package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// member is one module of the fleet: what is wanted of it, what keeps it
// alive, and what is seen of it.
type member struct {
	name   string
	home   string // its folder in the state folder
	keeper *keeper
	view   *view

	// guarded by the fleet's mu
	module   *config.Module    // the last good version of its file
	problems []control.Problem // of its file as it is now
	down     bool              // "syncsvc stop"
	disabled string            // "syncsvc disable": who said so and when; "" = nobody
	end      context.CancelFunc
	ended    chan struct{} // closed when its keeper has returned; nil before it was launched
	gone     bool          // not a member any more
	said     control.State // the last that was seen
	differed bool          // it was another than its process said
}

// wanted is what the operator wants of the module, and who said so.
func (m *member) wanted() (control.Wanted, string) {
	switch {
	case !m.module.Enabled:
		return control.WantedDisabled, m.module.Place("enabled")
	case m.disabled != "":
		return control.WantedDisabled, m.disabled
	case m.down:
		return control.WantedDown, "syncsvc stop"
	}
	return control.WantedUp, ""
}

// obey tells the keeper what is wanted.
func (m *member) obey() {
	w, _ := m.wanted()
	m.keeper.want(w == control.WantedUp)
}

// syncFolder makes sure that a name that came or went does so on the disk too.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sync state folder: %w", err)
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("sync state folder: %w", err)
	}
	return nil
}
