package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/syncsvc/syncsvc/child"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// disabledFile in a module's state folder says that an operator has disabled
// it. What is in the file is for people.
const disabledFile = "disabled"

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

// recall reads whether the module was disabled by an earlier service.
func (m *member) recall() error {
	text, err := child.ReadOwn(filepath.Join(m.home, disabledFile))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("read whether module %q is disabled: %w", m.name, err)
	}
	if m.disabled = string(text); m.disabled == "" {
		m.disabled = "syncsvc disable"
	}
	return nil
}

// setDisabled disables the module so that it stays so, or takes that back.
func (m *member) setDisabled(why string) error {
	path := filepath.Join(m.home, disabledFile)
	if why == "" {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("enable module %q: %w", m.name, err)
		}
		m.disabled = ""
		return syncFolder(m.home)
	}
	if err := os.MkdirAll(m.home, 0o750); err != nil {
		return fmt.Errorf("disable module %q: %w", m.name, err)
	}
	if err := child.WriteOwn(path, []byte(why)); err != nil {
		return fmt.Errorf("disable module %q: %w", m.name, err)
	}
	m.disabled = why
	return syncFolder(m.home)
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
