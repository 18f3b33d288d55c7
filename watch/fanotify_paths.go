package watch

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const deletedSuffix = " (deleted)"

// pathOf returns the path of an open folder, ENOENT if it was removed.
func pathOf(fd int) (string, error) {
	buf := make([]byte, pathMax)
	n, err := unix.Readlink("/proc/self/fd/"+strconv.Itoa(fd), buf)
	if err == unix.ENAMETOOLONG {
		return longPathOf(fd)
	}
	if err != nil {
		return "", fmt.Errorf("read the path of a folder: %w", err)
	}
	path := string(buf[:n])
	if strings.HasSuffix(path, deletedSuffix) && !isAt(fd, path) {
		return "", unix.ENOENT
	}
	return filepath.Clean(path), nil
}

// isAt reports whether an open folder is at path; a folder may really be called
// something that ends in " (deleted)".
func isAt(fd int, path string) bool {
	var a unix.Stat_t
	b, err := lstat(path)
	return err == nil && unix.Fstat(fd, &a) == nil && a.Dev == b.Dev && a.Ino == b.Ino
}

// longPathOf puts together a path that is too long for the kernel to tell, from
// that of the folder above and the name it has there.
func longPathOf(fd int) (string, error) {
	above, err := openat(fd, "..", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != nil {
		return "", err
	}
	defer unix.Close(above)
	dir, err := pathOf(above)
	if err != nil {
		return "", err
	}
	name, err := nameIn(above, fd)
	if err != nil {
		return "", err
	}
	return dir + "/" + name, nil
}

// nameIn finds what an open folder is called in the open one above it.
func nameIn(above, fd int) (string, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return "", err
	}
	var names lister
	name := ""
	err := names.each(above, func(e dirent) bool {
		if e.ino == st.Ino {
			name = string(e.name)
		}
		return name == ""
	})
	if err == nil && name == "" {
		err = unix.ENOENT
	}
	return name, err
}
