package rsync

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// realPaths replaces each path that leads through something that is no folder
// by that thing. rsync would follow a link in a path, and in the listing of
// one, and send what it points to in the link's place; behind a file it would
// fail. What becomes a link only after this look at it is noticed as a change
// of its own.
func realPaths(root *os.File, j Job) []string {
	c := checker{root: int(root.Fd()), barrier: map[string]string{".": ""}}
	replaced := map[string]bool{}
	paths := make([]string, 0, len(j.Paths))
	for _, p := range j.Paths {
		path := clean(p)
		folder := path
		if j.Tree || !strings.HasSuffix(p, "/") {
			folder = parent(path)
		}
		switch barrier := c.find(folder); {
		case barrier == "" && j.Tree && path != ".":
			paths = append(paths, path) // with a slash a link would be followed
		case barrier == "":
			paths = append(paths, p)
		case !replaced[barrier]:
			replaced[barrier] = true
			paths = append(paths, barrier)
		}
	}
	return paths
}

// checker remembers which folders of a job are real ones.
type checker struct {
	root    int
	barrier map[string]string // the topmost non-folder on the way, "" for none
}

// find returns the first thing on the way to folder, itself included, that
// exists and is no folder.
func (c *checker) find(folder string) string {
	if barrier, known := c.barrier[folder]; known {
		return barrier
	}
	barrier := c.find(parent(folder))
	if barrier == "" && c.isOther(folder) {
		barrier = folder
	}
	c.barrier[folder] = barrier
	return barrier
}

func (c *checker) isOther(path string) bool {
	var stat unix.Stat_t
	err := unix.Fstatat(c.root, path, &stat, unix.AT_SYMLINK_NOFOLLOW)
	return err == nil && stat.Mode&unix.S_IFMT != unix.S_IFDIR
}

// parent is the folder that holds path; that of a top-level name is ".".
func parent(path string) string {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i]
	}
	return "."
}
