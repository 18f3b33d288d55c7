package supervisor

import (
	"fmt"

	"github.com/syncsvc/syncsvc/watch"
)

const (
	// instancesOfOthers is how many inotify instances are left to other programs
	// of the user.
	instancesOfOthers = 64
	// instanceStep is what most kernels allow a user, and the step in which the
	// limit is raised, so that not every new module changes it.
	instanceStep = 128
)

// makeRoom sees to it that every module can watch. Those for which the kernel
// has no inotify instance would only look for changes now and then.
func (f *fleet) makeRoom() {
	steps := (instancesOfOthers + len(f.all()) + instanceStep - 1) / instanceStep
	need := steps * instanceStep
	before, err := watch.AllowInstances(need)
	switch {
	case err != nil:
		f.log.Warn("the kernel may allow too few watchers for all modules", "allowed", before, "err", err,
			"hint", fmt.Sprintf("sysctl -w fs.inotify.max_user_instances=%d", need))
	case before < need:
		f.log.Info("the kernel allows more watchers now, for all modules to have one", "sysctl", "fs.inotify.max_user_instances", "was", before, "is", need)
	}
}
