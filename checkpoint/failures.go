package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// Failure is a path that a target lacks although the mark may have passed it:
// it failed while the rest did not, or its deletion waits for a person.
type Failure struct {
	// Path is relative to the watch root, as that of a change; it is bytes.
	Path string
	// Scope is a change.Scope. A Scan is kept as a Tree, since the list does
	// not tell since when.
	Scope uint8
	// Reason is why, in rsync's own words.
	Reason string
	// First and Last are when it failed, Next is when it will be tried again.
	First, Last, Next time.Time
	// Attempts counts the times it failed.
	Attempts int
	// Held is the number of deletions that wait for approval, 0 if it failed.
	Held int
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
		if err := s.guard(kindFailures, target); err != nil {
			return err
		}
		return s.remove(kindFailures, target)
	}
	body, err := encodeFailures(list)
	if err != nil {
		return err
	}
	return s.write(kindFailures, target, body)
}

// wireFailure is one line of a fail list. Scopes are words in a file: those
// outlive the numbers of the constants.
type wireFailure struct {
	Path     text      `json:"path"`
	Scope    string    `json:"scope"`
	Reason   text      `json:"reason"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Next     time.Time `json:"next"`
	Attempts int       `json:"attempts"`
	Held     int       `json:"held,omitempty"`
}

func encodeFailures(list []Failure) ([]byte, error) {
	var lines []byte
	for _, f := range list {
		scope := change.Scope(f.Scope)
		if scope == change.Scan {
			scope = change.Tree
		}
		if scope > change.Tree {
			return nil, fmt.Errorf("failure of %q has an unknown scope %d", f.Path, f.Scope)
		}
		line, err := marshal(wireFailure{
			Path: text(f.Path), Scope: scope.String(), Reason: text(f.Reason),
			First: f.First.UTC(), Last: f.Last.UTC(), Next: f.Next.UTC(), Attempts: f.Attempts, Held: f.Held,
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
		scope, err := parseScope(w.Scope)
		if err != nil {
			return nil, err
		}
		list = append(list, Failure{
			Path: string(w.Path), Scope: uint8(scope), Reason: string(w.Reason),
			First: w.First.UTC(), Last: w.Last.UTC(), Next: w.Next.UTC(), Attempts: w.Attempts, Held: w.Held,
		})
	}
	return list, nil
}

func parseScope(word string) (change.Scope, error) {
	for scope := change.Entry; scope <= change.Tree; scope++ {
		if scope.String() == word {
			return scope, nil
		}
	}
	return 0, fmt.Errorf("%w: unknown scope %q", ErrCorrupt, word)
}
