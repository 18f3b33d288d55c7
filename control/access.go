package control

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

const (
	ownerOnly  os.FileMode = 0o600
	groupToo   os.FileMode = 0o660
	folderMode os.FileMode = 0o750
)

// access is who may connect to a socket besides its owner.
type access struct {
	gid int // -1 = nobody
}

// accessFor finds the group, by name or number; "" means nobody.
func accessFor(group string) (access, error) {
	if group == "" {
		return access{-1}, nil
	}
	id := group
	if g, err := user.LookupGroup(group); err == nil {
		id = g.Gid
	}
	gid, err := strconv.Atoi(id)
	if err != nil || gid < 0 {
		return access{}, &Failed{
			Err:  fmt.Errorf("control socket: there is no group %q on this machine", group),
			Hint: "make it with: groupadd --system " + group,
		}
	}
	return access{gid}, nil
}

// mode is that of the socket.
func (a access) mode() os.FileMode {
	if a.gid < 0 {
		return ownerOnly
	}
	return groupToo
}

// folder makes the socket's folder, and lets the group into one that lets in
// neither it nor everybody. One that others own or use is left as it is.
func (a access) folder(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return fmt.Errorf("make the folder of the control socket: %w", err)
	}
	if a.gid < 0 {
		return nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look at the folder of the control socket: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	const enter = 0o011 // for the group, for everybody
	if !ok || info.Mode().Perm()&enter&0o001 != 0 || int(owner.Gid) == a.gid && info.Mode().Perm()&enter != 0 {
		return nil
	}
	if err := errors.Join(os.Chown(dir, -1, a.gid), os.Chmod(dir, folderMode)); err != nil {
		return fmt.Errorf("let the group into the folder of the control socket: %w", err)
	}
	return nil
}

// admit gives the socket at path its group and mode, in this order, so that
// nobody else is let in for a moment.
func (a access) admit(path string) error {
	if a.gid >= 0 {
		if err := os.Chown(path, -1, a.gid); err != nil {
			return err
		}
	}
	return os.Chmod(path, a.mode())
}
