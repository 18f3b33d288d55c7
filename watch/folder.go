package watch

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// pathMax is the longest path the kernel takes in one call, its NUL included.
const pathMax = 4096

const openFolderFlags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC

// openFolder opens a folder for listing, not following a link in the last
// name. The path may be longer than the kernel takes at once.
//
// No folder is kept open: an open one would keep its file system from being
// unmounted.
func openFolder(path string) (int, error) {
	at, rest, err := openNear(path)
	if err != nil {
		return -1, err
	}
	if at == unix.AT_FDCWD {
		return openat(at, rest, openFolderFlags)
	}
	defer unix.Close(at)
	return openat(at, rest, openFolderFlags)
}

// openNear opens a folder so near to path that the rest of it is short enough
// for one call. The caller closes it unless it is AT_FDCWD.
func openNear(path string) (at int, rest string, err error) {
	at = unix.AT_FDCWD
	for len(path) >= pathMax {
		cut := strings.LastIndexByte(path[:pathMax-1], '/')
		if cut <= 0 {
			break
		}
		next, err := openat(at, path[:cut], unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC)
		if at != unix.AT_FDCWD {
			unix.Close(at)
		}
		if err != nil {
			return -1, "", err
		}
		at, path = next, strings.TrimLeft(path[cut:], "/")
	}
	return at, path, nil
}

func openat(at int, path string, flags int) (int, error) {
	for {
		fd, err := unix.Openat(at, path, flags, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// lstat looks at one name without following it.
func lstat(path string) (unix.Stat_t, error) {
	var st unix.Stat_t
	at, rest, err := openNear(path)
	if err != nil {
		return st, err
	}
	if at != unix.AT_FDCWD {
		defer unix.Close(at)
	}
	err = unix.Fstatat(at, rest, &st, unix.AT_SYMLINK_NOFOLLOW)
	return st, err
}

// dirent is one name in a folder. The name's bytes are only good until the
// next one.
type dirent struct {
	name []byte
	ino  uint64
	kind uint8 // DT_DIR, DT_REG, …; DT_UNKNOWN when the file system does not say
}

// lister lists folders, one at a time. Its zero value is ready.
type lister struct{ buf []byte }

// listSize is what readdir(3) uses; a folder of some hundred names fits.
const listSize = 32 << 10

// each calls fn with every name in an open folder but "." and ".." until it
// returns false.
func (l *lister) each(fd int, fn func(dirent) bool) error {
	if l.buf == nil {
		l.buf = make([]byte, listSize)
	}
	for {
		n, err := unix.ReadDirent(fd, l.buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("list folder: %w", err)
		}
		if n == 0 || !eachIn(l.buf[:n], fn) {
			return nil
		}
	}
}

// eachIn walks struct linux_dirent64: inode, offset, length, type, name.
func eachIn(buf []byte, fn func(dirent) bool) bool {
	for len(buf) >= 19 {
		size := int(binary.NativeEndian.Uint16(buf[16:]))
		name, _, _ := bytes.Cut(buf[19:size], []byte{0})
		e := dirent{name: name, ino: binary.NativeEndian.Uint64(buf), kind: buf[18]}
		buf = buf[size:]
		if string(name) == "." || string(name) == ".." {
			continue
		}
		if !fn(e) {
			return false
		}
	}
	return true
}

// isDir reports whether a name found in an open folder is a folder, asking the
// file system when the listing did not say.
func (e dirent) isDir(fd int) bool {
	if e.kind != unix.DT_UNKNOWN {
		return e.kind == unix.DT_DIR
	}
	var st unix.Stat_t
	err := unix.Fstatat(fd, string(e.name), &st, unix.AT_SYMLINK_NOFOLLOW)
	return err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR
}

// isGone reports whether an error says that there is no such folder any more.
func isGone(err error) bool {
	return err == unix.ENOENT || err == unix.ENOTDIR || err == unix.ELOOP
}
