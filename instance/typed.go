package instance

import (
	"slices"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/filter"
	"github.com/syncsvc/syncsvc/rsync"
)

// FullSyncCommand returns a command for a person's terminal that does what a
// full sync of m to its target t does.
func FullSyncCommand(m *config.Module, t config.Target) string {
	return rsync.CommandLine(rsyncTarget(t), rsync.Typed{
		Dir: m.Watch, Delete: t.Delete, Filters: slices.Concat(passes(m), ownRules(m)),
	})
}

// ownRules are the arguments for the rules that m's file names. The list for
// temporary files would make a command that nobody reads, and a command that a
// person runs may send them.
func ownRules(m *config.Module) []string {
	rules := slices.DeleteFunc(slices.Clone(m.Rules), func(r filter.Rule) bool { return r.Source == config.TempRules })
	f, err := filter.Parse(rules, m.Regexes)
	if err != nil {
		return m.Filter.Args()
	}
	return f.Args()
}
