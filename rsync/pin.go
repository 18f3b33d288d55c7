package rsync

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// pin opens dir and from there base, whose parts must be folders and not links,
// and returns the folder. The caller closes it.
func pin(dir, base string) (*os.File, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", printable(dir), err)
	}
	for name := range strings.SplitSeq(clean(base), "/") {
		next, err := unix.Openat(fd, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		unix.Close(fd)
		if err != nil {
			return nil, fmt.Errorf("open %s in %s: %w", printable(base), printable(dir), err)
		}
		fd = next
	}
	return os.NewFile(uintptr(fd), dir), nil
}

// through is a path by which a child process reaches an open file before it
// executes another program.
func through(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }

// nameLister returns a function that lists a folder inside root and remembers
// the last one, because failures come folder by folder.
func nameLister(root *os.File) func(string) []string {
	var last string
	var names []string
	return func(folder string) []string {
		if names == nil || folder != last {
			last, names = folder, namesIn(root, folder)
		}
		return names
	}
}

// namesIn lists what it can of a folder inside root.
func namesIn(root *os.File, folder string) []string {
	at, err := pin(through(root), folder)
	if err != nil {
		return nil
	}
	defer at.Close()
	dir, err := os.Open(through(at))
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	return names
}
