package config

import (
	"errors"
	"fmt"
	"os"

	"github.com/syncsvc/syncsvc/filter"
)

// rules reads a list of patterns or rules, each tried by itself so that a bad
// one is reported where it stands.
func (d *decoder) rules(v value, kind filter.Kind, to *[]filter.Rule) {
	example := `["*.swp"]`
	if kind == filter.Full {
		example = `["- *.swp"]`
	}
	v.list(example, func(item value) {
		s, ok := item.word()
		if !ok {
			return
		}
		rule := filter.Rule{Text: s, Kind: kind, Source: d.r.src.label(item.node.at)}
		if _, err := filter.Parse([]filter.Rule{rule}, nil); err != nil {
			item.refuse(filterMistake(err))
			return
		}
		*to = append(*to, rule)
	})
}

func (d *decoder) regexes(v value) {
	v.list(`['(.*)\.svn']`, func(item value) {
		s, ok := item.word()
		if !ok {
			return
		}
		regex := filter.Regex{Text: s, Source: d.r.src.label(item.node.at)}
		if _, err := filter.Parse(nil, []filter.Regex{regex}); err != nil {
			item.refuse(filterMistake(err))
			return
		}
		d.m.Regexes = append(d.m.Regexes, regex)
	})
}

// filterMistake drops the place from an error of the filter package; the value
// knows it better.
func filterMistake(err error) *mistake {
	if e, ok := errors.AsType[*filter.Error](err); ok {
		return wrong(e.Hint, "%q: %s", e.Text, e.Problem)
	}
	return wrong("", "%v", err)
}

// excludeFrom reads the rules of another file. It cannot wait: without them
// things would be mirrored that must not be.
func (d *decoder) excludeFrom(v value) {
	var path string
	if v.readPath(&path); path == "" {
		return
	}
	rules, err := d.rulesFrom(path)
	if err != nil {
		v.fail("", "%s", reason(err))
		return
	}
	d.fromFile = rules
	for _, rule := range rules {
		if _, err := filter.Parse([]filter.Rule{rule}, nil); err != nil {
			v.fail(filterMistake(err).hint, "%s: %v", rule.Source, filterMistake(err))
		}
	}
}

// readRules reads a file of exclude patterns, if it is one that ends.
func readRules(path string) ([]filter.Rule, error) {
	if err := regularFile(path); err != nil {
		return nil, err
	}
	return filter.ReadRules(path, filter.Exclude)
}

// regularFile refuses folders and devices, and files that are too large to be
// written by a person.
func regularFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", path)
	case info.Size() > maxFileSize:
		return fmt.Errorf("%s is larger than 1 MiB", path)
	}
	return nil
}
