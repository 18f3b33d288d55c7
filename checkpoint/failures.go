package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// Failure is a path that a target could not be given although the rest could.
type Failure struct {
	// Path is relative to the watch root, as that of a change; it is bytes.
	Path string
	// Scope is that of the change that failed. A Scan is kept as a Tree, since
	// the list does not tell since when.
	Scope change.Scope
	// Reason is why, in rsync's own words.
	Reason string
	// First and Last are when it failed, Next is when it will be tried again.
	First, Last, Next time.Time
	// Attempts counts the times it failed.
	Attempts int
}

// Failures returns the fail list of a target as it was saved, nil when there
// is none. The error is ErrCorrupt or ErrNewer when there is one that cannot
// be used; then only a full sync finds what was on it.
func (s *Store) Failures(target string) ([]Failure, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := s.read(kindFailures, target)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []Failure
	if err == nil {
		list, err = decodeFailures(body)
	}
	if err != nil {
		return nil, fmt.Errorf("load fail list %s: %w", s.path(kindFailures, target), err)
	}
	return list, nil
}

// SaveFailures replaces the fail list of a target; when it returns, the list
// survives a crash. It must be called before a mark is saved that lies after
// what failed.
func (s *Store) SaveFailures(target string, list []Failure) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.writeFailures(target, list)
	if err != nil {
		return fmt.Errorf("save fail list %s: %w", s.path(kindFailures, target), err)
	}
	return nil
}

func (s *Store) writeFailures(target string, list []Failure) error {
	if len(list) == 0 {
		return s.remove(kindFailures, target)
	}
	body, err := encodeFailures(list)
	if err != nil {
		return err
	}
	return s.write(kindFailures, target, body)
}

// wireFailure is one line of a fail list.
type wireFailure struct {
	Path     text      `json:"path"`
	Scope    string    `json:"scope"`
	Reason   text      `json:"reason"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Next     time.Time `json:"next"`
	Attempts int       `json:"attempts"`
}

// scopes are the words of the file; they outlive the numbers of the constants.
func scopes() []string { return []string{"entry", "listing", "tree"} }

func scopesOf() []change.Scope { return []change.Scope{change.Entry, change.Listing, change.Tree} }

func encodeFailures(list []Failure) ([]byte, error) {
	var lines []byte
	for _, f := range list {
		if f.Scope == change.Scan {
			f.Scope = change.Tree
		}
		at := slices.Index(scopesOf(), f.Scope)
		if at < 0 {
			return nil, fmt.Errorf("failure of %q has an unknown scope %d", f.Path, f.Scope)
		}
		line, err := marshal(wireFailure{
			text(f.Path), scopes()[at], text(f.Reason), f.First.UTC(), f.Last.UTC(), f.Next.UTC(), f.Attempts,
		})
		if err != nil {
			return nil, err
		}
		lines = append(lines, line...)
	}
	return lines, nil
}

func decodeFailures(body []byte) ([]Failure, error) {
	var list []Failure
	for line := range bytes.Lines(body) {
		var w wireFailure
		if err := unmarshal(line, &w); err != nil {
			return nil, err
		}
		at := slices.Index(scopes(), w.Scope)
		if at < 0 {
			return nil, fmt.Errorf("%w: unknown scope %q", ErrCorrupt, w.Scope)
		}
		list = append(list, Failure{
			Path: string(w.Path), Scope: scopesOf()[at], Reason: string(w.Reason),
			First: w.First.UTC(), Last: w.Last.UTC(), Next: w.Next.UTC(), Attempts: w.Attempts,
		})
	}
	return list, nil
}
