package instance

import (
	"errors"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// kind is what is on disk under a name.
type kind uint8

const (
	gone kind = iota
	folder
	file    // a regular file
	special // symlink, fifo, socket, device
)

// sight is what a look at the disk showed.
type sight struct {
	kind kind
	size int64 // bytes, of a regular file
}

// look says what is at path beneath the pinned root. What can't be looked at
// for another reason than not being there counts as a file: rsync will say
// what is wrong with it, in its own words.
func look(root int, path string) sight {
	var st unix.Stat_t
	for {
		err := unix.Fstatat(root, path, &st, unix.AT_SYMLINK_NOFOLLOW)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
			return sight{kind: gone}
		case err != nil:
			return sight{kind: file}
		}
		break
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return sight{kind: folder}
	case unix.S_IFREG:
		return sight{kind: file, size: st.Size}
	default:
		return sight{kind: special}
	}
}

// procPath is a name for an open folder that stays true whatever is mounted
// over it or renamed meanwhile.
func procPath(fd int, under string) string {
	return filepath.Join("/proc/self/fd", strconv.Itoa(fd), under)
}
