package watch

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// isTmpName reports whether the last name of path is what the kernel calls a
// file that was opened with O_TMPFILE: '#' and its inode number. It goes on
// calling it so after the file was linked into the tree, so writes to such a
// file are heard of under a name that does not exist.
func isTmpName(path string) bool {
	name := path[strings.LastIndexByte(path, '/')+1:]
	return len(name) > 1 && name[0] == '#' && strings.Trim(name[1:], "0123456789") == ""
}

// linked looks for the real names of nameless files, which begin with their
// inode number, by listing each folder once. A file that was linked into
// another folder is not found: that is left to the next full compare.
func (d *digest) linked(files []unsettled) {
	folders := map[string][]unsettled{}
	for _, u := range files {
		if _, err := d.site.lstat(u.path); err == nil {
			d.entry(u.path, u.first) // somebody really calls a file that
			continue
		}
		dir := change.Parent(u.path)
		folders[dir] = append(folders[dir], u)
	}
	for dir, files := range folders {
		d.linkedIn(dir, files)
	}
}

func (d *digest) linkedIn(dir string, files []unsettled) {
	wanted := map[uint64]unsettled{}
	for _, u := range files {
		name := u.path[strings.LastIndexByte(u.path, '/')+2:]
		if ino, err := strconv.ParseUint(name, 10, 64); err == nil {
			wanted[ino] = u
		}
	}
	fd, err := openFolder(d.site.abs(dir))
	if err != nil {
		return // it is gone, and its own deletion is told of
	}
	defer unix.Close(fd)
	_ = d.names.each(fd, func(e dirent) bool {
		if u, ok := wanted[e.ino]; ok && !d.site.excludes(dir, string(e.name), false) {
			d.entry(change.Join(dir, string(e.name)), u.first)
		}
		return true
	})
}
