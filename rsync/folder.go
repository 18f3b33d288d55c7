package rsync

import (
	"context"
	"os"
)

// runIn runs a job, and again when the target folder was missing and has been
// made. rsync is not asked to make it at once: an older one on the other side
// would refuse to work at all.
func (r *Runner) runIn(ctx context.Context, j job) Result {
	first, missing := r.attempt(ctx, j, false)
	if !missing || j.DryRun {
		return first
	}
	makePath, made := r.makeFolder(ctx, j)
	if !made {
		return first
	}
	second, _ := r.attempt(ctx, j, makePath)
	if second.Class == Config {
		return first // the other side does not know --mkpath
	}
	return second
}

// makeFolder sees to it that the next attempt finds or makes the target folder.
// makePath says that it has to be run with --mkpath.
func (r *Runner) makeFolder(ctx context.Context, j job) (makePath, made bool) {
	switch {
	case j.Target.Kind != Local && isPattern(j.Path):
		return false, false // nothing to send it as
	case j.Target.Kind != Local && isPattern(j.Base):
		return false, r.sendFolder(ctx, j)
	case r.makesPaths(ctx, j):
		return true, true
	case j.Target.Kind == Local:
		return false, os.MkdirAll(j.folder(j.Base), 0o755) == nil
	}
	return false, false
}

// sendFolder makes the target's Base by sending the source's as an entry.
func (r *Runner) sendFolder(ctx context.Context, j job) bool {
	parent, rest := plainParent(j.Base)
	root, err := pin(j.Dir, parent)
	if err != nil {
		return false
	}
	defer root.Close()
	entry := Job{Dir: j.Dir, Base: parent, Paths: []string{rest}}
	return r.runIn(ctx, job{Target: j.Target, Job: entry, program: j.program, root: root}).Class == Done
}
