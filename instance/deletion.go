package instance

import (
	"os"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/rsync"
)

// deletion is what to list so that a vanished name is deleted on the target, if
// the rules let it. Whether it was a folder nobody knows any more, and rsync
// asks its rules about a missing name as if it was none (measured, 3.5.0); where
// that makes a difference the listing of its folder finds out. So it does where
// the target's rsync does not take missing names.
func (s *sender) deletion(root *os.File, p string) []string {
	asFile, asFolder := s.ground.filter.Protected(p, false), s.ground.filter.Protected(p, true)
	switch {
	case asFile && asFolder:
		return nil
	case asFile != asFolder, s.t.onlyListed.Load():
		return []string{above(root, p)}
	}
	return []string{p}
}

// above is the listing of the folder of p, or of the nearest one that is still
// there.
func above(root *os.File, p string) string {
	for p = change.Parent(p); p != change.Root; p = change.Parent(p) {
		if look(int(root.Fd()), p).kind == folder {
			return p + "/"
		}
	}
	return "./"
}

// once drops what is listed already, and keeps the order.
func once(paths []string) []string {
	seen := make(map[string]struct{}, len(paths))
	kept := paths[:0]
	for _, p := range paths {
		if _, again := seen[p]; !again {
			seen[p] = struct{}{}
			kept = append(kept, p)
		}
	}
	return kept
}

// learn takes note of a fault of the target's rsync. It reports whether the job
// has to be made anew because of it.
func (s *sender) learn(spec rsync.Job, r rsync.Result) bool {
	if !r.RefusesMissing || spec.OnlyListed {
		return false
	}
	if !s.t.onlyListed.Swap(true) {
		s.t.log.Warn("the target's rsync refuses deletions by name, so whole folders are compared", "said", r.Reason, "hint", r.Hint)
	}
	return true
}
