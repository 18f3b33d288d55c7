// Package checkpoint remembers on disk up to which moment each target has
// everything, and which paths it does not have in spite of that.
//
// It knows nothing of rsync or of trees, and does no locking between
// processes. It promises only that what was saved survives a crash and is read
// back whole or not at all, and that a late answer does not undo progress.
// That a moment is never saved while a change before it is still owed, and
// that a path is on the fail list before the moment passes it, is up to the
// caller.
package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

var (
	// ErrCorrupt says that a file is there but is not what was saved; the way
	// out is a full sync.
	ErrCorrupt = errors.New("damaged or foreign checkpoint file")
	// ErrNewer says that a later version has written a file in a way this one
	// does not understand. It is never overwritten, only removed by Forget.
	ErrNewer = errors.New("checkpoint file of a newer version")
)

// Store keeps small files in one folder. It may be used by several goroutines,
// but by one process at a time.
type Store struct {
	dir string
	mu  sync.Mutex // held while files are compared or replaced
}

// Open returns the store in a folder, which it makes when it is missing. What
// is wrong with one file is told when that file is asked for.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open checkpoints: %w", err)
	}
	// A folder that is gone after a power cut takes all marks with it.
	if err := syncDir(filepath.Dir(dir)); err != nil {
		return nil, fmt.Errorf("open checkpoints: %w", err)
	}
	return &Store{dir: dir}, nil
}

// Load returns the mark of a target. The error is fs.ErrNotExist when none was
// saved, and ErrCorrupt or ErrNewer when there is one that cannot be used.
func (s *Store) Load(target string) (Mark, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.load(target)
}

func (s *Store) load(target string) (Mark, error) {
	var m Mark
	body, err := s.read(kindMark, target)
	if err == nil {
		m, err = decodeMark(body)
	}
	if err != nil {
		return Mark{}, fmt.Errorf("load checkpoint %s: %w", s.path(kindMark, target), err)
	}
	return m, nil
}

// Save remembers the mark of a target; when it returns, the mark survives a
// crash. A mark that is no later than the one there is changes nothing, unless
// that one is not trusted any more: the source or the settings differ or the
// clock stepped back. A damaged file is replaced, one of a newer version is
// not.
func (s *Store) Save(target string, m Mark) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, err := s.load(target); err == nil && old.covers(m) {
		return nil
	}
	body, err := encodeMark(m)
	if err == nil {
		err = s.write(kindMark, target, body)
	}
	if err != nil {
		return fmt.Errorf("save checkpoint %s: %w", s.path(kindMark, target), err)
	}
	return nil
}

// Forget removes all that is known of a target, whatever state its files are
// in. It is no error if there is nothing.
func (s *Store) Forget(target string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	// The mark goes first: without it, nobody relies on the fail list.
	if err := errors.Join(s.remove(kindMark, target), s.remove(kindFailures, target)); err != nil {
		return fmt.Errorf("forget checkpoint: %w", err)
	}
	return nil
}

// SaveState remembers a small value of the module under a name, such as that
// it is paused. It is written as JSON and survives a crash.
func (s *Store) SaveState(name string, v any) error {
	body, err := marshal(v)
	if err != nil {
		return fmt.Errorf("save state %q: %w", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.write(kindState, name, body); err != nil {
		return fmt.Errorf("save state %q: %w", name, err)
	}
	return nil
}

// LoadState reads into v, a pointer, what SaveState has written. The error is
// as that of Load.
func (s *Store) LoadState(name string, v any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := s.read(kindState, name)
	if err == nil {
		err = unmarshal(body, v)
	}
	if err != nil {
		return fmt.Errorf("load state %q: %w", name, err)
	}
	return nil
}
