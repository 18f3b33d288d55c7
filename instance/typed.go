package instance

import (
	"slices"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/rsync"
)

// FullSyncCommand returns a command for a person's terminal that does what a
// full sync of m to its target t does.
func FullSyncCommand(m *config.Module, t config.Target) string {
	return rsync.CommandLine(rsyncTarget(t), rsync.Typed{
		Dir: m.Watch, Delete: t.Delete, Filters: slices.Concat(passes(m), m.Filter.Args()),
	})
}
