// Package checkpoint remembers on disk up to which moment each target has
// everything, and what it lacks beside that.
//
// It promises that what was saved survives a crash at any moment, whole, and
// that an older moment never replaces a newer one. That the moment does not pass
// a change still owed is the caller's duty, and so is saving the fail list
// before it does. It knows nothing of rsync or of trees.
package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// version is that of the files. A file of a newer one is refused.
const version = 1

// ErrCorrupt is returned for a file that can't be read as what it should be.
// A full sync makes up for it.
var ErrCorrupt = errors.New("damaged")

// Mark is the moment up to which a target has everything, and the
// circumstances in which that means something.
type Mark struct {
	Upto     time.Time `json:"upto"`
	Source   string    `json:"source"`   // identity of the watch root
	Settings string    `json:"settings"` // fingerprint of what decides what is sent
	Clock    Clock     `json:"clock"`    // when it was saved
}

// Failure is a path that a target lacks although the mark has passed it: it
// failed alone, or its deletion is held.
type Failure struct {
	Path     string // bytes
	Scope    uint8  // as change.Scope
	Reason   string
	First    time.Time
	Last     time.Time
	Next     time.Time
	Attempts int
	Held     int // deletions that wait for approval; 0 = it failed
}

// Store keeps the files of one module. One process at a time uses it; the
// caller holds a lock. Its methods are safe for concurrent use for different
// targets.
type Store struct{ dir string }

// Open returns the store in dir, which is made when it is not there.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make the state folder: %w", err)
	}
	return &Store{dir}, clearTemporary(dir)
}

// Load returns the mark of a target. The error wraps fs.ErrNotExist when there
// is none and [ErrCorrupt] when it can't be read.
func (s *Store) Load(target string) (Mark, error) {
	var m Mark
	err := s.read(target, markKind, &m)
	return m, err
}

// Save records m for a target. An earlier Upto than the one stored is a no-op,
// unless the circumstances are others: a late answer must not undo progress.
func (s *Store) Save(target string, m Mark) error {
	old, err := s.Load(target)
	if err == nil && old.Source == m.Source && old.Settings == m.Settings && m.Upto.Before(old.Upto) {
		return nil
	}
	return s.write(target, markKind, m)
}

// Forget removes everything that is stored about a target.
func (s *Store) Forget(target string) error {
	var errs []error
	for _, kind := range []string{markKind, failuresKind} {
		if err := os.Remove(s.path(target, kind)); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, fmt.Errorf("forget target %s: %w", target, err))
		}
	}
	return errors.Join(errs...)
}

// Failures returns what [Store.SaveFailures] saved; errors are as those of
// [Store.Load].
func (s *Store) Failures(target string) ([]Failure, error) {
	var rows []row
	if err := s.read(target, failuresKind, &rows); err != nil {
		return nil, err
	}
	out := make([]Failure, len(rows))
	for i, r := range rows {
		out[i] = r.failure()
	}
	return out, nil
}

// SaveFailures records the whole list for a target.
func (s *Store) SaveFailures(target string, list []Failure) error {
	rows := make([]row, len(list))
	for i, f := range list {
		rows[i] = newRow(f)
	}
	return s.write(target, failuresKind, rows)
}

// row is a Failure as it is stored; []byte becomes base64, so that a path may
// be any bytes.
type row struct {
	Path     []byte    `json:"path"`
	Scope    uint8     `json:"scope"`
	Reason   string    `json:"reason"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Next     time.Time `json:"next"`
	Attempts int       `json:"attempts"`
	Held     int       `json:"held,omitempty"`
}

func newRow(f Failure) row {
	return row{[]byte(f.Path), f.Scope, f.Reason, f.First, f.Last, f.Next, f.Attempts, f.Held}
}

func (r row) failure() Failure {
	return Failure{string(r.Path), r.Scope, r.Reason, r.First, r.Last, r.Next, r.Attempts, r.Held}
}
