package instance

import (
	"fmt"
	"os/user"
	"strconv"

	"github.com/syncsvc/syncsvc/child"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/rsync"
)

// identity is as whom rsync runs; nil is whoever runs the instance, which is
// the user asked for already when that one is to run all of it.
func identity(p config.Process) (*rsync.Identity, error) {
	if p.User == "" || p.WholeInstance {
		return nil, nil
	}
	who, err := child.LookUpUser(p.User, false)
	if err != nil || who == nil {
		return nil, err
	}
	as := &rsync.Identity{Name: who.Name, Home: "/", Credential: *who.Credential, Capabilities: who.Capabilities}
	account, err := user.LookupId(strconv.FormatUint(uint64(who.Credential.Uid), 10))
	if err != nil {
		return nil, fmt.Errorf("look up the home of user %s: %w", who.Name, err)
	}
	if account.HomeDir != "" {
		as.Home = account.HomeDir
	}
	return as, nil
}

// warnOfUser warns of what somebody who is not root can't do for a target that
// is a folder of this machine: there is no daemon that could.
func warnOfUser(o Options, as *rsync.Identity) {
	if as == nil {
		return
	}
	for _, t := range o.Module.Targets {
		if t.Kind == config.Local {
			o.Log.Warn("rsync runs as another user and can't give files in a local folder their owners", "target", t.URL,
				"user", as.Name, "hint", "leave out user, or serve the folder by an rsync daemon")
		}
	}
}
