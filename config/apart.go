package config

import (
	"fmt"
	"strings"
)

// apart takes out each module that has a target in common with one before it
// while one of the two deletes: it would delete what the other brings. A
// target inside another's is only remarked on, because excluding it there
// makes it right.
func apart(modules []*Module) ([]*Module, []Problem) {
	var kept []*Module
	var problems []Problem
	for _, m := range modules {
		clash := false
		for _, other := range kept {
			if !m.Enabled || !other.Enabled {
				continue // one may stand by for the other
			}
			for _, p := range clashes(m, other) {
				problems = append(problems, p)
				clash = true
			}
		}
		if !clash {
			kept = append(kept, m)
		}
	}
	return kept, problems
}

// Apart returns what [LoadDir] would find wrong with m beside others: a target
// in the same place as one of theirs. What only deserves a remark is added to
// the warnings of m.
func Apart(m *Module, others []*Module) error {
	var problems []Problem
	for _, other := range others {
		problems = append(problems, clashes(m, other)...)
	}
	return Join(problems)
}

// clashes compares each target of m with each of other. What only deserves a
// remark is added to m's warnings.
func clashes(m, other *Module) []Problem {
	var problems []Problem
	if p := m.FailLog.Path; p != "" && p == other.FailLog.Path && m.File != other.File {
		m.origin.warnings = append(m.origin.warnings, m.problem("fail_log.path", "",
			fmt.Sprintf("is also the fail log of module %q: each writes over what the other says", other.Name)))
	}
	for i := range m.Targets {
		for j := range other.Targets {
			mine, theirs := &m.Targets[i], &other.Targets[j]
			key := m.urlKey(i)
			switch here, there := mine.place(), theirs.place(); {
			case here == there && (mine.Delete || theirs.Delete):
				problems = append(problems, m.problem(key, "give each a folder of its own, or set delete: false in both",
					fmt.Sprintf("is also a target of module %q: each would delete what the other brings", other.Name)))
			case mine.Delete && strings.HasPrefix(there, here), theirs.Delete && strings.HasPrefix(here, there):
				m.origin.warnings = append(m.origin.warnings, m.problem(key, "",
					fmt.Sprintf("overlaps %s of module %q, and the outer one deletes what it does not have; exclude the inner one there", theirs.URL, other.Name)))
			}
		}
	}
	return problems
}

// urlKey returns the key under which the URL of target i stands.
func (m *Module) urlKey(i int) string {
	key := fmt.Sprintf("targets[%d]", i)
	if _, ok := m.origin.at[key+".url"]; ok {
		return key + ".url"
	}
	return key
}
