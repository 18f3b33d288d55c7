package rsync

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Identity is as whom rsync runs instead of us. It is not changed once a Runner
// has it.
type Identity struct {
	Name, Home string
	Credential syscall.Credential
	// Capabilities that rsync keeps though it is not root, such as
	// CAP_DAC_READ_SEARCH: with it the source, and a password file that only
	// root may read, are read as by root.
	Capabilities []uintptr
}

// become makes a process run as i.
func (i *Identity) become(attr *syscall.SysProcAttr) {
	if i == nil {
		return
	}
	credential := i.Credential
	attr.Credential, attr.AmbientCaps = &credential, i.Capabilities
}

// environment is env with the names of i in the place of ours.
func (i *Identity) environment(env []string) []string {
	if i == nil {
		return env
	}
	out := []string{"HOME=" + i.Home, "USER=" + i.Name, "LOGNAME=" + i.Name}
	for _, e := range env {
		switch name, _, _ := strings.Cut(e, "="); name {
		case "HOME", "USER", "LOGNAME":
		default:
			out = append(out, e)
		}
	}
	return out
}

// ownFolder gives the starting thread, which calls it, a working folder of its
// own. It is needed only to run as somebody else.
func (r *Runner) ownFolder() {
	if r.as != nil {
		r.noFolder = unix.Unshare(unix.CLONE_FS)
	}
}

// startIn starts cmd in a folder. One who is not root may not be let in there:
// the kernel gives a new process its capabilities back only when it becomes
// rsync, and it would have to enter the folder before. So the thread that
// starts it enters, and leaves again lest the folder can't be unmounted.
func (r *Runner) startIn(cmd *exec.Cmd, in *os.File) error {
	if r.as == nil {
		cmd.Dir = through(in)
		return cmd.Start()
	}
	if r.noFolder != nil {
		return fmt.Errorf("a working folder for one thread: %w", r.noFolder)
	}
	if err := unix.Fchdir(int(in.Fd())); err != nil {
		return fmt.Errorf("enter %s: %w", in.Name(), err)
	}
	defer func() { _ = unix.Chdir("/") }() // which is always there
	return cmd.Start()
}
