package scan

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

const (
	openFlags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC | unix.O_NONBLOCK
	statMask  = unix.STATX_TYPE | unix.STATX_INO | unix.STATX_NLINK | unix.STATX_CTIME | unix.STATX_BTIME
)

// openRoot follows symbolic links, since the root's path is the user's choice.
func openRoot(path string) (int, error) { return openat(unix.AT_FDCWD, path, openFlags) }

// openFolder opens one name in a folder and follows nothing.
func openFolder(dir int, name string) (int, error) {
	return openat(dir, name, openFlags|unix.O_NOFOLLOW)
}

// openBeneath opens a folder name by name, so that neither the length of the
// path nor a symbolic link in it matters. The descriptor is good for looking
// up names, not for reading. When it fails, it returns the path it could not
// get past.
func openBeneath(root int, path string) (fd int, at string, err error) {
	fd, err = unix.FcntlInt(uintptr(root), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil || path == change.Root {
		return fd, change.Root, err
	}
	at = change.Root
	for name := range strings.SplitSeq(path, "/") {
		next, err := openat(fd, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC)
		unix.Close(fd)
		at = change.Join(at, name)
		if err != nil {
			return -1, at, err
		}
		fd = next
	}
	return fd, at, nil
}

// The kernel may interrupt any of these for a signal that the Go runtime sends
// to itself, so each is tried again.

func openat(dir int, name string, flags int) (int, error) {
	for {
		fd, err := unix.Openat(dir, name, flags, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// statx fills st for a name in a folder, or for the folder itself when name is
// empty.
func statx(dir int, name string, st *unix.Statx_t) error {
	flags := unix.AT_SYMLINK_NOFOLLOW | unix.AT_NO_AUTOMOUNT
	if name == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	for {
		err := unix.Statx(dir, name, flags, statMask, st)
		if err != unix.EINTR {
			return err
		}
	}
}

func getdents(dir int, buf []byte) (int, error) {
	for {
		n, err := unix.Getdents(dir, buf)
		if err != unix.EINTR {
			return n, err
		}
	}
}

// dirent is one record of getdents64(2); name lies in the buffer.
type dirent struct {
	name []byte
	kind uint8 // DT_DIR and so on
}

// nextDirent cuts the first record off buf, which the kernel has filled.
func nextDirent(buf []byte) (dirent, []byte) {
	const kindAt, nameAt = 18, 19
	size := binary.NativeEndian.Uint16(buf[16:kindAt])
	name := buf[nameAt:size]
	return dirent{name: name[:bytes.IndexByte(name, 0)], kind: buf[kindAt]}, buf[size:]
}

func (d dirent) dots() bool {
	return string(d.name) == "." || string(d.name) == ".."
}

func device(st *unix.Statx_t) uint64 { return unix.Mkdev(st.Dev_major, st.Dev_minor) }

func isFolder(st *unix.Statx_t) bool { return st.Mode&unix.S_IFMT == unix.S_IFDIR }

// gone reports that a name does not exist, or not as a folder.
func gone(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP)
}

// exhausted reports that this process or this machine is at its end, about
// which no folder can do anything.
func exhausted(err error) bool {
	return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ENOMEM)
}
