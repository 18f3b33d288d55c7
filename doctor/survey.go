package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/filter"
	"github.com/syncsvc/syncsvc/scan"
)

// survey is what is to be known of a tree before it can be mirrored.
type survey struct {
	folders, entries int64
	unreadable       []string // the first few of them
	unreadableAll    int
	matched          map[*filter.Rule]bool
	matchedRegex     map[*filter.Regex]bool
	err              error
}

// mostNamed is how many paths a finding names.
const mostNamed = 3

// look walks the tree of a module once.
func look(ctx context.Context, m *config.Module) survey {
	s := surveyor{module: m, root: m.Watch, left: len(m.Rules) + len(m.Regexes)}
	s.seen.matched, s.seen.matchedRegex = map[*filter.Rule]bool{}, map[*filter.Regex]bool{}
	stats, err := scan.Walk(ctx, scan.Options{Root: m.Watch, Excluded: s.excluded}, func([]change.Change) error { return nil })
	s.seen.folders, s.seen.entries, s.seen.err = stats.Folders, stats.Entries, err
	return s.seen
}

// surveyor looks at every path that a walk comes by.
type surveyor struct {
	module *config.Module
	root   string

	mu   sync.Mutex // guards what follows; several workers walk
	seen survey
	left int // rules that have matched nothing so far, at most
}

// excluded is the walk's filter, called for each path once.
func (s *surveyor) excluded(path string, dir bool) bool {
	if s.decides(path, dir) {
		return true
	}
	mode := uint32(unix.R_OK)
	if dir {
		mode |= unix.X_OK
	}
	// A link is not followed; a path that is gone again is no matter.
	err := unix.Faccessat(unix.AT_FDCWD, s.root+"/"+path, mode, unix.AT_EACCESS|unix.AT_SYMLINK_NOFOLLOW)
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EIO) {
		s.refuse(path)
	}
	return false
}

// decides asks the filter, and remembers which rule it was as long as there is
// one of which nothing is known.
func (s *surveyor) decides(path string, dir bool) bool {
	s.mu.Lock()
	settled := s.left == 0
	s.mu.Unlock()
	if settled {
		return s.module.Filter.ExcludedName(path, dir)
	}
	why := s.module.Filter.Why(path, dir)
	s.mu.Lock()
	defer s.mu.Unlock()
	if why.Rule != nil && !s.seen.matched[why.Rule] {
		s.seen.matched[why.Rule] = true
		s.left--
	}
	if why.Regex != nil && !s.seen.matchedRegex[why.Regex] {
		s.seen.matchedRegex[why.Regex] = true
		s.left--
	}
	return why.Excluded
}

func (s *surveyor) refuse(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen.unreadableAll++
	if len(s.seen.unreadable) < mostNamed {
		s.seen.unreadable = append(s.seen.unreadable, fmt.Sprintf("%q", path))
	}
}

// unmatched returns the rules that no path was decided by, as they are
// written. pointed are those that name a place, and so probably a wrong one;
// the others, like *.tmp, are only not needed at the moment.
func (s survey) unmatched(m *config.Module) (pointed, general []string) {
	for i := range m.Rules {
		r := &m.Rules[i]
		pattern, decides := patternOf(r)
		if !decides || s.hasMatched(r) {
			continue
		}
		text := fmt.Sprintf("%s %q (%s)", r.Kind, r.Text, r.Source)
		if strings.Contains(strings.TrimSuffix(strings.TrimPrefix(pattern, "**/"), "/"), "/") {
			pointed = append(pointed, text)
		} else {
			general = append(general, text)
		}
	}
	for i := range m.Regexes {
		if r := &m.Regexes[i]; !s.hasMatchedRegex(r) {
			general = append(general, fmt.Sprintf("exclude_regex %q (%s)", r.Text, r.Source))
		}
	}
	return pointed, general
}

// hasMatched compares by place: the filter may have copies of the rules.
func (s survey) hasMatched(r *filter.Rule) bool {
	for m := range s.matched {
		if *m == *r {
			return true
		}
	}
	return false
}

func (s survey) hasMatchedRegex(r *filter.Regex) bool {
	for m := range s.matchedRegex {
		if *m == *r {
			return true
		}
	}
	return false
}

// patternOf returns the pattern of a rule that decides about paths by itself.
func patternOf(r *filter.Rule) (pattern string, decides bool) {
	text := r.Text
	switch {
	case text == "" || text == "!":
		return "", false
	case strings.HasPrefix(text, "- "), strings.HasPrefix(text, "+ "):
		return text[2:], true
	case r.Kind == filter.Full:
		return "", false // merge, protect and the like
	}
	return text, true
}
