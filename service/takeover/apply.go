package takeover

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"
)

// ErrChanged says that somebody edited a file after it was read.
var ErrChanged = errors.New("it was changed meanwhile")

// Apply comments the lines out and returns the name of the copy that it made
// first, beside the file. Both have the file's mode, owner and attributes. The
// file is replaced as a whole: a crash leaves the old one or the new one.
func (f File) Apply(now time.Time) (backup string, err error) {
	is, err := os.ReadFile(f.real)
	if err != nil {
		return "", fmt.Errorf("read boot script again: %w", err)
	}
	if !bytes.Equal(is, f.before) {
		return "", fmt.Errorf("%s: %w", f.Path, ErrChanged)
	}
	backup = f.real + ".syncsvc-" + now.Format("20060102-150405")
	if _, err := os.Lstat(backup); !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("copy to %s: %w", backup, fs.ErrExist)
	}
	if err := replace(backup, f.before, f.real); err != nil {
		return "", fmt.Errorf("copy to %s: %w", backup, err)
	}
	if err := replace(f.real, f.after, f.real); err != nil {
		return backup, fmt.Errorf("replace %s: %w", f.Path, err)
	}
	return backup, nil
}

// replace writes a file as a whole, with mode, owner and attributes of another
// one.
func replace(path string, text []byte, like string) error {
	info, err := os.Stat(like)
	if err != nil {
		return err
	}
	t, err := renameio.NewPendingFile(path, renameio.WithStaticPermissions(info.Mode().Perm()))
	if err != nil {
		return err
	}
	defer t.Cleanup() //nolint:errcheck // nothing is left to do about it
	if owner, ok := info.Sys().(*syscall.Stat_t); ok {
		if err := t.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	if err := copyAttributes(like, int(t.Fd())); err != nil {
		return err
	}
	if _, err := t.Write(text); err != nil {
		return err
	}
	if err := t.CloseAtomicallyReplace(); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// copyAttributes copies extended attributes; without its SELinux label init
// would not run a boot script.
func copyAttributes(from string, to int) error {
	size, err := unix.Listxattr(from, nil)
	if err != nil || size == 0 {
		return nil //nolint:nilerr // a file system without
	}
	names := make([]byte, size)
	if size, err = unix.Listxattr(from, names); err != nil {
		return fmt.Errorf("list attributes: %w", err)
	}
	for name := range bytes.SplitSeq(bytes.TrimSuffix(names[:size], []byte{0}), []byte{0}) {
		value := make([]byte, 64<<10) // the kernel's limit
		n, err := unix.Getxattr(from, string(name), value)
		if err == nil {
			err = unix.Fsetxattr(to, string(name), value[:n], 0)
		}
		if err != nil {
			return fmt.Errorf("copy attribute %s: %w", name, err)
		}
	}
	return nil
}

// syncDir makes a new name survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
