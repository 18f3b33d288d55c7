package hook

import (
	"fmt"
	"regexp"

	"github.com/syncsvc/syncsvc/filter"
)

// newMatcher returns what decides which events a hook wants.
func newMatcher(o Options, s Spec) (func(Event) bool, error) {
	include, err := patterns(s.Include)
	if err != nil {
		return nil, err
	}
	exclude, err := patterns(s.Exclude)
	if err != nil {
		return nil, err
	}
	var regexes []*regexp.Regexp
	for _, text := range s.IncludeRegex {
		r, err := regexp.Compile(`\A(?:` + text + `)\z`)
		if err != nil {
			return nil, err
		}
		regexes = append(regexes, r)
	}
	path := func(p string, dir bool) bool {
		return (include == nil || include.Excluded(p, dir)) && (exclude == nil || !exclude.Excluded(p, dir)) &&
			matchesOne(regexes, o.file(p))
	}
	return func(e Event) bool {
		switch {
		case e.All != s.AfterAll:
			return false
		case e.Kind == Collapsed: // whatever it stands for
			return true
		case !s.wants(e):
			return false
		}
		return path(e.Path, e.Dir) || e.Was != "" && path(e.Was, e.Dir)
	}, nil
}

// patterns makes a filter that excludes what one of the patterns matches; nil
// when there are none.
func patterns(list []string) (*filter.Filter, error) {
	if len(list) == 0 {
		return nil, nil
	}
	var rules []filter.Rule
	for _, p := range list {
		rules = append(rules, filter.Rule{Text: p, Kind: filter.Exclude})
	}
	f, err := filter.Parse(rules, nil)
	if err != nil {
		return nil, fmt.Errorf("patterns: %w", err)
	}
	return f, nil
}

func matchesOne(regexes []*regexp.Regexp, file string) bool {
	for _, r := range regexes {
		if r.MatchString(file) {
			return true
		}
	}
	return len(regexes) == 0
}

// wants reports whether the hook is to be told of such events at all.
func (s Spec) wants(e Event) bool {
	if e.Dir && !s.Folders {
		return false
	}
	switch e.Kind {
	case Sent:
		return s.Events.Sent
	case Deleted:
		return s.Events.Deleted
	default:
		return s.Events.Renamed
	}
}
