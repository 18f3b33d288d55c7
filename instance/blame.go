package instance

import (
	"slices"
	"strings"
)

// manyFailures is how many paths, and no other, must fail in one job for the
// target as a whole to be blamed.
const manyFailures = 20

// nothingWent reports whether the target is to blame, not the paths: not one
// of many went through, or the whole file system is read-only. A job that has
// anything else in it shows that it was the paths after all.
func nothingWent(j *job, failed []failedPath) bool {
	if len(failed) == 0 {
		return false
	}
	bad := make(map[string]bool, len(failed))
	for _, f := range failed {
		bad[f.path] = true
	}
	for _, it := range j.items {
		if !bad[it.Path] {
			return false
		}
	}
	return len(j.items) >= manyFailures || !slices.ContainsFunc(failed, func(f failedPath) bool {
		return !strings.HasSuffix(f.reason, "Read-only file system (30)")
	})
}
