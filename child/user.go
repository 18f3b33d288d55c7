package child

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// User is whom a process runs as instead of us.
type User struct {
	Name       string
	Credential *syscall.Credential
	// Capabilities that it keeps though it is not root.
	Capabilities []uintptr
}

// LookUpUser returns the user of a name or number with all their groups. They
// keep what it takes to read other people's files and, with watchAll, to watch
// a whole file system. It returns nil for the user we are, and an error for
// another one when we are not root.
func LookUpUser(name string, watchAll bool) (*User, error) {
	u, err := user.Lookup(name)
	if err != nil {
		byNumber, numberErr := user.LookupId(name)
		if numberErr != nil {
			return nil, fmt.Errorf("look up user: %w", err)
		}
		u = byNumber
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err1 != nil || err2 != nil {
		return nil, fmt.Errorf("user %s: %s:%s are no numbers", name, u.Uid, u.Gid)
	}
	switch {
	case int(uid) == os.Geteuid():
		return nil, nil
	case os.Geteuid() != 0:
		return nil, fmt.Errorf("user %s: only a service that runs as root can start processes as somebody else", name)
	}
	groups, err := groupsOf(u)
	if err != nil {
		return nil, err
	}
	found := &User{
		Name:         u.Username,
		Credential:   &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), Groups: groups},
		Capabilities: []uintptr{unix.CAP_DAC_READ_SEARCH},
	}
	if watchAll {
		found.Capabilities = append(found.Capabilities, unix.CAP_SYS_ADMIN)
	}
	return found, nil
}

func groupsOf(u *user.User) ([]uint32, error) {
	ids, err := u.GroupIds()
	if err != nil {
		return nil, fmt.Errorf("look up the groups of %s: %w", u.Username, err)
	}
	var groups []uint32
	for _, id := range ids {
		gid, err := strconv.ParseUint(id, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("groups of %s: %w", u.Username, err)
		}
		groups = append(groups, uint32(gid))
	}
	return groups, nil
}
