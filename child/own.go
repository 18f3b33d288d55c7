package child

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"
)

// maxOwn bounds what reading a wrong file costs, in bytes. Twenty deaths with
// long last words fit.
const maxOwn = 32 << 20

// ReadOwn reads a file that [WriteOwn] has written, also when its folder
// belongs to the user of a child: what he may have put in its place is an
// error, and neither believed, followed nor waited for.
func ReadOwn(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := isOwn(f); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return io.ReadAll(io.LimitReader(f, maxOwn))
}

// WriteOwn writes a file that only we may read, whatever is in its place.
func WriteOwn(path string, text []byte) error {
	return renameio.WriteFile(path, text, 0o600, renameio.WithStaticPermissions(0o600))
}

// isOwn is an error when somebody else may have written f: it is trusted when
// it belongs to us, or to whom the folder above belongs, who can do what we can.
func isOwn(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	above, err := os.Stat(filepath.Dir(filepath.Dir(f.Name())))
	if err != nil {
		return err
	}
	switch owner := ownerOf(info); {
	case !info.Mode().IsRegular():
		return errors.New("is not a regular file")
	case info.Mode().Perm()&0o022 != 0:
		return errors.New("others can write to it")
	case owner != os.Geteuid() && owner != ownerOf(above):
		return fmt.Errorf("belongs to user %d, who may have made it up", owner)
	}
	return nil
}

// ownerOf returns who owns a file, -1 when that is unknown.
func ownerOf(info os.FileInfo) int {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return -1
}
