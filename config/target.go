package config

import (
	"net"
	"strconv"
	"strings"
	"time"
)

// Kind says how a target is reached.
type Kind uint8

const (
	// Daemon is an rsync daemon: rsync://host/module/path.
	Daemon Kind = iota
	// Shell is rsync through ssh: ssh://host/path.
	Shell
	// Local is a folder on this machine.
	Local
)

// String returns the kind in one lower-case word.
func (k Kind) String() string {
	return [...]string{"daemon", "ssh", "local"}[k]
}

// Target is one place to mirror to, with all transfer options that hold for
// it: its own, else the module's, else the defaults.
type Target struct {
	// URL is what the operator wrote, and the target's name everywhere.
	URL  string
	Kind Kind

	User   string // "" means none was written
	Host   string // without brackets; "" when local
	Port   int    // 0 means none was written
	Module string // of a daemon, never empty there
	// Path is below the module for a daemon, "" being the module itself;
	// absolute and clean otherwise. It is bytes.
	Path string

	PasswordFile string // "" means none; only for a daemon
	SSH          SSH
	Rsync        Rsync
	Delete       bool
	MaxDelete    Limit
}

// SSH is how ssh is called.
type SSH struct {
	IdentityFile string   // absolute, or "" for ssh's own choice
	KnownHosts   string   // absolute, or "" for ssh's own choice
	Options      []string // "Name=value", as after ssh -o
}

// Rsync is how rsync is called.
type Rsync struct {
	Program        string   // a name to look up in PATH, or an absolute path
	Args           []string // one word each
	Timeout        time.Duration
	ConnectTimeout time.Duration
	BWLimit        int64 // bytes a second; 0 means none
	Compress       bool
	PartialDir     string // one name, inside each folder; "" means none is kept
}

// Limit is how many deletions need no approval.
type Limit struct {
	Off     bool    // no limit
	Count   int     // entries, when Percent is 0
	Percent float64 // of the tree, up to 100
	// Set says that the operator wrote it. The default is meant for full
	// syncs and catching up only.
	Set bool
}

// String returns the limit as it is written in a module file.
func (l Limit) String() string {
	switch {
	case l.Off:
		return "off"
	case l.Percent > 0:
		return strconv.FormatFloat(l.Percent, 'f', -1, 64) + "%"
	}
	return strconv.Itoa(l.Count)
}

// defaultTransfer returns a target with nothing but the defaults.
func defaultTransfer() Target {
	return Target{
		Rsync: Rsync{
			Program:        "rsync",
			Args:           []string{"-a"},
			Timeout:        100 * time.Second,
			ConnectTimeout: 10 * time.Second,
			PartialDir:     ".rsync-partial",
		},
		Delete:    true,
		MaxDelete: Limit{Percent: 50},
	}
}

const (
	daemonPort = 873
	sshPort    = 22
)

// place returns where the target is in a form in which the same place has the
// same text, however it is written; places inside it have it as a prefix.
func (t *Target) place() string {
	port := t.Port
	switch {
	case t.Kind == Local:
		return strings.TrimSuffix(t.Path, "/") + "/"
	case port == 0 && t.Kind == Daemon:
		port = daemonPort
	case port == 0:
		port = sshPort
	}
	host := net.JoinHostPort(strings.ToLower(t.Host), strconv.Itoa(port))
	path := strings.Trim(t.Path, "/")
	if path != "" {
		path += "/"
	}
	return t.Kind.String() + "://" + host + "/" + t.moduleFolder() + path
}

func (t *Target) moduleFolder() string {
	if t.Kind == Daemon {
		return t.Module + "/"
	}
	return ""
}
