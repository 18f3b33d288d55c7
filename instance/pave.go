package instance

import (
	"context"
	"os"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/rsync"
)

// unpaved reports whether the target may have something else than folders on the
// way to path, or at it: whatever is not settled there tells.
func (l *ledger) unpaved(path string) bool {
	for _, s := range l.sets() {
		if s.Holds(path) {
			return true
		}
		for c := range s.Above(path) {
			if c.Path != change.Root || c.Scope != change.Entry {
				return true
			}
		}
	}
	for _, c := range l.elsewhere(l.made) {
		if change.Within(path, c.Path) {
			return true
		}
	}
	return l.held.holds(path)
}

// pave makes the folder that a rename job works in, and those above it, what
// they are on the source. rsync itself goes to its folder on the target by
// whatever is there under the name, and were that a symbolic link, it would
// fill another folder, and perhaps delete in it. It reports false when the job
// ends here.
func (s *sender) pave(ctx context.Context, j *job, root *os.File, base string) (outcome, bool) {
	if !j.unpaved || base == change.Root || base == "" {
		return outcome{}, true
	}
	spec := rsync.Job{
		Dir: procPath(int(root.Fd()), ""), Paths: []string{base},
		MaxDelete: -1, Filters: s.filters(j), Brief: true,
	}
	o := s.verdict(j, spec, s.runner.Run(ctx, s.to, spec))
	if o.verdict != answered {
		return o, false
	}
	if len(o.failed) > 0 || len(o.vanished) > 0 {
		return outcome{verdict: mistaken}, false
	}
	return o, true
}
