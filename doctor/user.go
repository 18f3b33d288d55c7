package doctor

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"strconv"
	"strings"

	"github.com/syncsvc/syncsvc/child"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/rsync"
)

// runsAs says whether there is the user that a module's rsync runs as, and
// whether what follows is tried as that one.
func runsAs(m *config.Module, about Finding) []Finding {
	name := m.Process.User
	if name == "" {
		return nil
	}
	u, err := child.LookUpUser(name, false)
	switch {
	case err != nil && os.Geteuid() != 0:
		return []Finding{about.with(Unknown, fmt.Sprintf("its rsync runs as %s; what follows was tried as uid %d", name, os.Geteuid()), "check as root")}
	case err != nil:
		return []Finding{about.with(Bad, err.Error(), "correct user in "+m.File+", or make one: useradd --system "+name)}
	case u == nil:
		return nil
	}
	for i := range m.Targets {
		if _, ok := asUser(rsyncTarget(&m.Targets[i]), u); !ok {
			return []Finding{about.with(Unknown, "its rsync runs as "+name+"; what follows was tried as root", "")}
		}
	}
	return []Finding{about.with(OK, "its rsync runs as "+name+", and so did what follows", "")}
}

// impersonate has a target tried as the module's user, where that is possible.
func impersonate(m *config.Module, t rsync.Target) rsync.Target {
	if m.Process.User == "" {
		return t
	}
	u, err := child.LookUpUser(m.Process.User, false)
	if err != nil || u == nil {
		return t
	}
	if as, ok := asUser(t, u); ok {
		return as
	}
	return t
}

// asUser has setpriv run rsync, with the right to read other people's files
// that a module's rsync keeps. It cannot stand before a program that is called
// something else or runs rsync itself.
func asUser(t rsync.Target, u *child.User) (rsync.Target, bool) {
	setpriv, err := exec.LookPath("setpriv")
	if err != nil || path.Base(t.Program) != "rsync" {
		return t, false
	}
	t.Args = append([]string{
		"--reuid=" + strconv.FormatUint(uint64(u.Credential.Uid), 10), "--regid=" + strconv.FormatUint(uint64(u.Credential.Gid), 10),
		groupsArg(u), "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", t.Program,
	}, t.Args...)
	t.Program = setpriv
	return t, true
}

func groupsArg(u *child.User) string {
	if len(u.Credential.Groups) == 0 {
		return "--clear-groups"
	}
	var ids []string
	for _, id := range u.Credential.Groups {
		ids = append(ids, strconv.FormatUint(uint64(id), 10))
	}
	return "--groups=" + strings.Join(ids, ",")
}
