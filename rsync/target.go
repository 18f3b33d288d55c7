package rsync

import (
	"net"
	"path"
	"strconv"
	"strings"
	"time"
)

// Kind says how a target is reached.
type Kind uint8

const (
	// Daemon is an rsync daemon: rsync://[User@]Host[:Port]/Module/Path.
	Daemon Kind = iota
	// SSH is a folder on a host reached over ssh: User@Host:Path.
	SSH
	// Local is a folder of this machine; Path is absolute.
	Local
)

// String returns the kind in lower case.
func (k Kind) String() string { return [...]string{"daemon", "ssh", "local"}[k] }

// Shell says how ssh is called for a target of kind SSH.
type Shell struct {
	// IdentityFile and KnownHosts are file names in any bytes but "${" and
	// line breaks, which ssh would not take literally; "" leaves it to ssh.
	IdentityFile, KnownHosts string
	// Options are further -o options, such as "ServerAliveInterval=15". They
	// win over what this package passes by itself.
	Options []string
}

// Target is where a job goes to. It is a plain value without I/O.
type Target struct {
	Kind Kind
	// User may be "". For a daemon it is the name that PasswordFile is for.
	User, Host string
	// Port 0 is the usual one.
	Port int
	// Module is the daemon's; Path lies below it, or is the folder itself.
	Module, Path string
	SSH          Shell
	// PasswordFile is for daemons only; rsync insists on mode 600.
	PasswordFile string
	// Program is the rsync to run, default "rsync". It may also be a program
	// that runs one: then the word "rsync" stands in Args.
	Program string
	// Args are the user's base arguments, default -a. Those that would break
	// the reading of results are left out; see [Unfit].
	Args []string
	// Timeout is how long nothing may move before the job is given up, 0 is
	// never. ConnectTimeout bounds the connecting only. rsync counts both in
	// whole seconds.
	Timeout, ConnectTimeout time.Duration
	// BWLimit is in bytes a second, 0 is off. rsync counts in KiB.
	BWLimit  int64
	Compress bool
	// PartialDir keeps what was sent of a file when a job is cut short. rsync
	// itself protects it from being deleted. It is left out when Args write
	// files in place.
	PartialDir string
}

// String names the target for people and logs. There is no secret in it.
func (t Target) String() string {
	switch t.Kind {
	case Daemon:
		return printable("rsync://" + t.login() + t.hostPort() + "/" + joined(t.Module, t.Path))
	case SSH:
		return printable("ssh://" + t.login() + t.hostPort() + "/" + strings.TrimPrefix(t.Path, "/"))
	}
	return printable(t.Path)
}

func (t Target) program() string {
	if t.Program == "" {
		return "rsync"
	}
	return t.Program
}

func (t Target) login() string {
	if t.User == "" {
		return ""
	}
	return t.User + "@"
}

func (t Target) hostPort() string {
	if t.Port == 0 {
		return bracketed(t.Host)
	}
	return net.JoinHostPort(strings.Trim(t.Host, "[]"), strconv.Itoa(t.Port))
}

// modulePath is module and path below it, joined with base, as a daemon takes it.
func (t Target) modulePath(base string) string {
	below := joined(t.Path, base)
	if strings.HasPrefix(below, "-") {
		below = "./" + below // the daemon takes "-x" right below a module for an option
	}
	return joined(t.Module, literally(below)) + closing(below)
}

// destination is rsync's last argument. The slash at its end makes it a folder
// whatever there is.
func (t Target) destination(base string) string {
	switch t.Kind {
	case Daemon:
		return "rsync://" + t.login() + t.hostPort() + "/" + t.modulePath(base)
	case SSH:
		folder := t.folder(base)
		return bracketed(t.Host) + ":" + literally(folder) + closing(folder)
	}
	return t.folder(base) + "/"
}

// folder is path joined with base where path may be absolute.
func (t Target) folder(base string) string {
	below := joined(t.Path, base)
	switch {
	case strings.HasPrefix(t.Path, "/"):
		return "/" + below
	case strings.HasPrefix(below, "-"), strings.HasPrefix(below, ":"):
		return "./" + below
	}
	return below
}

// landing is the target folder as rsync writes it in front of the paths in its
// messages, cleaned, without slashes around it.
func (t Target) landing(base string) string {
	return strings.Trim(path.Clean("/"+joined(t.Path, base)), "/")
}

// joined joins two paths without touching what is inside them.
func joined(a, b string) string {
	a, b = strings.Trim(a, "/"), strings.Trim(b, "/")
	if b == "." {
		b = ""
	}
	if a == "" || b == "" {
		return a + b
	}
	return a + "/" + b
}

func bracketed(host string) string {
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		return "[" + host + "]"
	}
	return host
}
