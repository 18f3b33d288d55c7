package filter

import (
	"errors"
	"iter"
	"strings"
)

// Filter is a compiled list of rules. It never changes and may be used by many
// goroutines at once. A nil Filter excludes and protects nothing.
type Filter struct {
	args    []string // every rule in order, as rsync reads it after --filter=
	hide    []rule   // rules that speak for the sending side, in order
	protect []rule   // rules that speak for the receiving side, in order
	lasting []rule   // those of protect that are not perishable
	regexes []regex  // those that rsync's patterns cannot express
	texts   []string // all regexes as written, for Fingerprint
}

// rule is a compiled rule.
type rule struct {
	pattern pattern
	flags   flags
	text    string // the pattern as written, trailing slash included
	dirOnly bool   // the pattern ended in a slash
	rule    *Rule  // where it comes from, or
	regex   *Regex // the regex it stands for
}

// root is the path of the watch root. Rules never apply to it.
const root = "."

// Parse compiles rules in order; the first that matches a name decides, as in
// rsync. Merge files are read now. Regexes come before all rules: what one
// matches no rule can include. The error joins an [*Error] for everything that
// is wrong; the Filter is then nil.
func Parse(rules []Rule, regexes []Regex) (*Filter, error) {
	var c compiler
	for i := range rules {
		c.add(rules[i], contextOf(rules[i].Kind))
	}
	f := &Filter{}
	for i := range regexes {
		c.problem(f.addRegex(regexes[i]))
	}
	f.addRules(c.rules)
	if len(c.problems) > 0 {
		return nil, errors.Join(c.problems...)
	}
	return f, nil
}

func (f *Filter) addRules(rules []rule) {
	for _, r := range rules {
		f.args = append(f.args, r.String())
		if r.flags&xattr != 0 {
			continue // decides about attributes, never about names
		}
		if r.flags&sides != receiver {
			f.hide = append(f.hide, r)
		}
		if r.flags&sides != sender {
			f.protect = append(f.protect, r)
			if r.flags&perishable == 0 {
				f.lasting = append(f.lasting, r)
			}
		}
	}
}

// Excluded reports whether path does not belong to the mirror: a rule or regex
// excludes it or a folder above it. Path is relative to the root with '/'
// between names; "." is the root and never excluded. Dir says that path is a
// folder itself, not a link to one. It does not allocate unless
// [Filter.HasRegex].
func (f *Filter) Excluded(path string, dir bool) bool {
	if f == nil {
		return false
	}
	for folder := range folders(path) {
		if f.ExcludedName(folder, true) {
			return true
		}
	}
	return f.ExcludedName(path, dir)
}

// ExcludedName is Excluded for a path whose folders are known to be included,
// as they are to a walker that skips excluded ones.
func (f *Filter) ExcludedName(path string, dir bool) bool {
	return f != nil && f.decide(f.hide, path, dir).excluded()
}

// Protected reports whether --delete leaves path on the target when the source
// does not have it but has the folders above it. It is not the same as Excluded
// where rules name a side: hide (H) excludes but does not protect, protect (P)
// the other way round. For a folder the source has lost, ask about that folder:
// when it is protected rsync never looks inside.
func (f *Filter) Protected(path string, dir bool) bool {
	if f == nil {
		return false
	}
	removed := false // rsync removes a folder above
	for folder := range folders(path) {
		if !removed && !f.ExcludedName(folder, true) {
			continue // it is sent, so rsync looks inside even if it is protected
		}
		if f.keeps(folder, true, removed) {
			return true
		}
		removed = true
	}
	return f.keeps(path, dir, removed)
}

// keeps reports whether rules protect this one name. In a folder that is itself
// removed, rsync disregards perishable ones.
func (f *Filter) keeps(path string, dir, removed bool) bool {
	if removed {
		return f.decide(f.lasting, path, dir).excluded()
	}
	return f.decide(f.protect, path, dir).excluded()
}

// HasRegex reports whether there are regexes that [Filter.Args] cannot express.
// Only then does rsync alone include more than this filter; the caller has to
// find the paths and exclude each with [Literal]. Regexes made of plain text,
// ".*" and alternatives do not need that.
func (f *Filter) HasRegex() bool { return f != nil && len(f.regexes) > 0 }

// Empty reports whether the filter has no rules and no regexes.
func (f *Filter) Empty() bool { return f == nil || len(f.args)+len(f.texts) == 0 }

// folders yields the folders above path, outermost first.
func folders(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range len(path) {
			if path[i] == '/' && !yield(path[:i]) {
				return
			}
		}
	}
}

// verdict is what decides about a name: a rule, a regex, or neither.
type verdict struct {
	rule  *rule
	regex *Regex
}

func (v verdict) excluded() bool {
	return v.regex != nil || v.rule != nil && v.rule.flags&include == 0
}

func (f *Filter) decide(rules []rule, path string, dir bool) verdict {
	if path == root || path == "" {
		return verdict{}
	}
	for i := range f.regexes {
		if f.regexes[i].match(path) {
			return verdict{regex: &f.regexes[i].from}
		}
	}
	base := path[strings.LastIndexByte(path, '/')+1:]
	for i := range rules {
		if rules[i].match(path, base, dir) {
			return verdict{rule: &rules[i]}
		}
	}
	return verdict{}
}

func (r *rule) match(path, base string, dir bool) bool {
	is := (dir || !r.dirOnly) && r.pattern.match(path, base, dir)
	return is != (r.flags&negate != 0)
}
