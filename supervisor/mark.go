package supervisor

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/syncsvc/syncsvc/child"
)

// marksDir in the state folder has a file for each module that an operator has
// disabled. It is not in the module's own folder, because that may belong to
// the module's user, who could take it away. No module is called so.
const marksDir = ".disabled"

// disabledFile is where the mark was before: in the module's folder.
const disabledFile = "disabled"

// byNobody stands for who has disabled a module by an empty mark.
const byNobody = "syncsvc disable"

// DisabledMark returns the file whose presence says that a module is disabled,
// also after a restart of the service. What is in it is for people.
func DisabledMark(stateDir, module string) string {
	return filepath.Join(stateDir, marksDir, module)
}

func (m *member) mark() string { return DisabledMark(filepath.Dir(m.home), m.name) }

// recall reads whether the module was disabled by an earlier service.
func (m *member) recall() error {
	text, err := child.ReadOwn(m.mark())
	if errors.Is(err, os.ErrNotExist) {
		text, err = m.moveMark()
	}
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("read whether module %q is disabled: %w", m.name, err)
	}
	m.disabled = cmp.Or(string(text), byNobody)
	return nil
}

// moveMark takes over the mark of a service that kept it in the module's folder.
func (m *member) moveMark() ([]byte, error) {
	text, err := child.ReadOwn(filepath.Join(m.home, disabledFile))
	if err != nil {
		return nil, err
	}
	if err := m.setDisabled(cmp.Or(string(text), byNobody)); err != nil {
		return nil, err
	}
	return text, m.dropOldMark()
}

// dropOldMark removes what recall would believe, and nothing else: the module's
// user may have put a folder there, which would keep the module disabled.
func (m *member) dropOldMark() error {
	path := filepath.Join(m.home, disabledFile)
	if _, err := child.ReadOwn(path); err != nil {
		return nil
	}
	return removed(os.Remove(path))
}

// setDisabled disables the module so that it stays so, or takes that back.
func (m *member) setDisabled(why string) error {
	path := m.mark()
	if why == "" {
		if err := errors.Join(removed(os.Remove(path)), m.dropOldMark()); err != nil {
			return fmt.Errorf("enable module %q: %w", m.name, err)
		}
		m.disabled = ""
		return errors.Join(syncFolder(filepath.Dir(path)), syncFolder(m.home))
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("disable module %q: %w", m.name, err)
	}
	if err := child.WriteOwn(path, []byte(why)); err != nil {
		return fmt.Errorf("disable module %q: %w", m.name, err)
	}
	m.disabled = why
	return syncFolder(filepath.Dir(path))
}

// removed is the error of a removal; what was not there is as good as removed.
func removed(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
