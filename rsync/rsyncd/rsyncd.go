// Package rsyncd runs a real rsync daemon on loopback, for tests and for the
// demo.
//
// It is not a way to run a daemon for others: it serves what it is told to
// whoever can connect to the address.
//
// As root the daemon uses chroot, because one that does not changes symbolic
// links without a word (measured with 3.5.0): with "munge symlinks = no" it takes
// the slash off absolute ones and cuts ".." that lead out of the module, with
// "yes" it puts /rsyncd-munged/ in front of all of them.
package rsyncd

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Module is a folder that the daemon serves.
type Module struct {
	Name, Path string
	ReadOnly   bool
	// AuthUsers maps names to passwords; empty means anybody.
	AuthUsers map[string]string
	// Extra are further lines of rsyncd.conf, such as "max connections = 1".
	// They win over the daemon's defaults.
	Extra []string
}

// Options say what is served and where.
type Options struct {
	// Dir is an existing scratch folder for the daemon's own files.
	Dir     string
	Modules []Module
	// Address is an IP address, default 127.0.0.1; Port 0 takes a free one.
	Address string
	Port    int
	// Program is the rsync to run, default "rsync".
	Program string
	// Global are further lines for all modules.
	Global []string
}

// Daemon is a running rsync daemon. Its methods are not for concurrent use.
type Daemon struct {
	// Port is what it listens on. It stays the same over Restart.
	Port    int
	options Options
	cmd     *exec.Cmd    // nil when it is not running
	mark    net.Listener // see choosePort; nil when the port was given
}

// A port found free can be taken before the daemon binds it.
const portTries = 20

// startTimeout is how long a daemon may take to greet.
const startTimeout = time.Minute

// Start writes the configuration, starts the daemon and waits until it greets.
// The caller stops it.
func Start(o Options) (*Daemon, error) {
	if o.Address == "" {
		o.Address = "127.0.0.1"
	}
	if o.Program == "" {
		o.Program = "rsync"
	}
	d := &Daemon{Port: o.Port, options: o}
	if err := d.startSomewhere(); err != nil {
		return nil, err
	}
	return d, nil
}

// startSomewhere looks for a port when none is given.
func (d *Daemon) startSomewhere() error {
	if d.Port != 0 {
		return d.Restart()
	}
	var err error
	for range portTries {
		if err = d.choosePort(); err == nil {
			err = d.Restart()
		}
		if err == nil || !errors.Is(err, errExited) && !errors.Is(err, errPort) {
			return err
		}
	}
	return err
}

// URL is how a module is reached.
func (d *Daemon) URL(module string) string {
	return "rsync://" + net.JoinHostPort(d.options.Address, strconv.Itoa(d.Port)) + "/" + module
}

// Pid is the daemon's process id, 0 when it is not running.
func (d *Daemon) Pid() int {
	if d.cmd == nil {
		return 0
	}
	return d.cmd.Process.Pid
}

// Restart starts the daemon again on the same port, with modules in place of
// the former ones if any are given. A running one is stopped first.
func (d *Daemon) Restart(modules ...Module) error {
	d.Stop()
	if len(modules) > 0 {
		d.options.Modules = modules
	}
	if err := d.configure(); err != nil {
		return err
	}
	log, err := os.OpenFile(d.file("output"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start rsync daemon: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(d.options.Program, "--daemon", "--no-detach", "--config="+d.file("rsyncd.conf"))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start rsync daemon: %w", err)
	}
	d.cmd = cmd
	if err := d.untilGreeting(); err != nil {
		d.Stop()
		return err
	}
	return nil
}

// Stop ends the daemon and everybody it serves, and waits for that.
func (d *Daemon) Stop() { d.end(unix.SIGTERM) }

// Kill is Stop without giving anybody a chance to clean up.
func (d *Daemon) Kill() { d.end(unix.SIGKILL) }

// Pause freezes the daemon and everybody it serves: connections are accepted by
// the kernel, but nothing is ever said.
func (d *Daemon) Pause() { d.signal(unix.SIGSTOP) }

// Resume undoes Pause.
func (d *Daemon) Resume() { d.signal(unix.SIGCONT) }

// Log returns what the daemon has written to its log.
func (d *Daemon) Log() string {
	text, _ := os.ReadFile(d.file("log"))
	return string(text)
}

func (d *Daemon) signal(s syscall.Signal) {
	if d.cmd != nil {
		_ = unix.Kill(-d.cmd.Process.Pid, s)
	}
}

const (
	// endTimeout is how long the daemon may take to end by itself.
	endTimeout = 5 * time.Second
	// childTimeout is how long those who serve a connection may take then. They
	// put away what they have of a file.
	childTimeout = 5 * time.Second
)

func (d *Daemon) end(s syscall.Signal) {
	if d.cmd == nil {
		return
	}
	d.signal(s)
	d.signal(unix.SIGCONT)
	hard := time.AfterFunc(endTimeout, func() { d.signal(unix.SIGKILL) })
	d.untilDead()
	hard.Stop()
	// Its children, before the number is free again.
	pid := d.cmd.Process.Pid
	untilGroupGone(pid, childTimeout)
	d.signal(unix.SIGKILL)
	untilGroupGone(pid, endTimeout)
	_ = d.cmd.Wait()
	d.cmd = nil
}

// untilGroupGone waits for the children to be gone, but not for ever.
func untilGroupGone(group int, limit time.Duration) {
	deadline := time.Now().Add(limit)
	for groupLives(group) && time.Now().Before(deadline) {
		<-time.After(time.Millisecond)
	}
}

// groupLives looks for members of a process group that are not zombies, which
// stay around where process 1 does not collect them.
func groupLives(group int) bool {
	if unix.Kill(-group, 0) != nil {
		return false
	}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		text, _ := os.ReadFile(file)
		// "pid (name) state parent group …", and a name may hold anything.
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) > 2 && fields[0] != "Z" && fields[2] == strconv.Itoa(group) {
			return true
		}
	}
	return false
}

// untilDead returns when the daemon has exited and is still to be waited for.
func (d *Daemon) untilDead() {
	for unix.Waitid(unix.P_PID, d.cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
		continue
	}
}

func (d *Daemon) file(name string) string { return filepath.Join(d.options.Dir, name) }

// Ports are looked for below those that the kernel gives to whoever connects
// somewhere, so that a daemon that was stopped finds its own free again.
const lowestPort, highestPort = 20_000, 32_767

var errPort = errors.New("port is taken")

// choosePort takes a free port, and keeps others like d from taking it while d is
// stopped, as long as this process lives or d is needed: they meet at a socket
// without a file.
func (d *Daemon) choosePort() error {
	d.Port = lowestPort + rand.IntN(highestPort-lowestPort+1)
	mark, err := net.Listen("unix", fmt.Sprintf("@syncsvc-rsyncd-%d", d.Port))
	if err != nil {
		return fmt.Errorf("%w: %w", errPort, err)
	}
	l, err := net.Listen("tcp", net.JoinHostPort(d.options.Address, strconv.Itoa(d.Port)))
	if err != nil {
		mark.Close()
		if !errors.Is(err, unix.EADDRINUSE) {
			return fmt.Errorf("find a free port: %w", err)
		}
		return fmt.Errorf("%w: %w", errPort, err)
	}
	l.Close()
	if d.mark != nil {
		d.mark.Close()
	}
	d.mark = mark
	return nil
}
