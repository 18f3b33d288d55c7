package instance

import (
	"errors"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
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

	// inWay is what stands where the path needs a folder: "" when nothing does.
	// The path is then gone, whatever a symbolic link may lead to.
	inWay string

	unmounted bool // gone, but because a file system is not mounted any more
}

// look says what is at path beneath the pinned root. What can't be looked at
// for another reason than not being there counts as a file: rsync will say
// what is wrong with it, in its own words.
func look(root int, path string) sight {
	st, err := statBeneath(root, path)
	switch {
	case errors.Is(err, unix.ENOENT):
		return sight{kind: gone}
	case errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.ELOOP):
		return sight{kind: gone, inWay: obstacle(root, path)}
	case err != nil:
		return sight{kind: file}
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

// obstacle finds what is no folder above path.
func obstacle(root int, path string) string {
	for path != change.Root {
		path = change.Parent(path)
		if st, err := statBeneath(root, path); err == nil && st.Mode&unix.S_IFMT != unix.S_IFDIR {
			return path
		}
	}
	return "" // it was just cleared away
}

// statBeneath is lstat of a path in which no folder may be a symbolic link: as
// rsync sees it.
func statBeneath(root int, path string) (st unix.Stat_t, err error) {
	if len(path) > maxPath {
		return statFar(root, path)
	}
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS}
	fd, err := unix.Openat2(root, path, &how)
	for errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN) {
		fd, err = unix.Openat2(root, path, &how)
	}
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) { // an old kernel, or a sandbox
		return st, unix.Fstatat(root, path, &st, unix.AT_SYMLINK_NOFOLLOW)
	}
	if err != nil {
		return st, err
	}
	defer unix.Close(fd)
	return st, unix.Fstat(fd, &st)
}

// maxPath is the longest path, in bytes, that the kernel takes in one call and
// rsync in a list: it cuts off the rest of a longer one without a word.
const maxPath = 4095

// statFar is statBeneath of a path that is too long for one call.
func statFar(root int, path string) (st unix.Stat_t, err error) {
	cut := strings.LastIndexByte(path[:maxPath], '/')
	if cut < 0 {
		return st, unix.ENAMETOOLONG
	}
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS}
	fd, err := unix.Openat2(root, path[:cut], &how)
	if err != nil {
		return st, err
	}
	defer unix.Close(fd)
	return statBeneath(fd, path[cut+1:])
}

// procPath is a name for an open folder that stays true whatever is mounted
// over it or renamed meanwhile.
func procPath(fd int, under string) string {
	return filepath.Join("/proc/self/fd", strconv.Itoa(fd), under)
}
