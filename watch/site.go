package watch

import (
	"log/slog"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// site is what all sources share: where the tree is and what belongs to it.
// All of it but mounts and polls is constant.
type site struct {
	root     string // as the caller named it
	real     string // with links resolved, as the kernel prints it
	excluded func(path string, dir bool) bool
	mounts   *mounts
	polls    *polls
	log      *slog.Logger
}

// abs returns the path to give to the kernel for one in the tree.
func (s *site) abs(path string) string {
	switch {
	case path == change.Root:
		return s.real
	case s.real == "/":
		return "/" + path
	}
	return s.real + "/" + path
}

// rel returns the path in the tree of one the kernel printed; false when it is
// not in the tree.
func (s *site) rel(abs string) (string, bool) {
	if abs == s.real {
		return change.Root, true
	}
	rest, ok := strings.CutPrefix(abs, s.real)
	if !ok || (s.real != "/" && rest[0] != '/') {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// excludes asks the filter about one name in a folder that is included.
func (s *site) excludes(dir, name string, isDir bool) bool {
	return s.excluded != nil && s.excluded(change.Join(dir, name), isDir)
}

// includes asks the filter about a folder and every folder above it.
func (s *site) includes(dir string) bool {
	if s.excluded == nil || dir == change.Root {
		return true
	}
	for i := range len(dir) {
		if dir[i] == '/' && s.excluded(dir[:i], true) {
			return false
		}
	}
	return !s.excluded(dir, true)
}

func (s *site) lstat(path string) (unix.Stat_t, error) { return lstat(s.abs(path)) }

// willClose reports whether the name, just created, is a file whose writer
// will close it: not a link, fifo or device, and not another name of an old
// file. One that is gone again is somebody else's to tell of.
func (s *site) willClose(path string) bool {
	st, err := s.lstat(path)
	if err != nil {
		return isGone(err)
	}
	return st.Mode&unix.S_IFMT == unix.S_IFREG && st.Nlink == 1
}
