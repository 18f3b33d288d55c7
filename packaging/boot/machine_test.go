package boot_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	// bootWithin is how long a machine may take to be up, on a host that is
	// busy with other things: an idle one needs a second.
	bootWithin = 2 * time.Minute
	// nspawnReboot is how systemd-nspawn says that the machine wants to be
	// started again.
	nspawnReboot = 133
)

// machine is a Debian that has been booted. Its methods fail the test when
// something is wrong with it.
type machine struct {
	t       *testing.T
	kind    string
	name    string
	dir     string // the host's folder for it
	root    string // its /
	groups  []string
	network *network

	nspawn atomic.Int64  // pid of systemd-nspawn, 0 while it is not running
	boots  atomic.Int64  // how often it was started
	off    chan struct{} // closed when it has been switched off
}

var machines atomic.Int64

// boot starts a copy of a root and waits until it is up. The machine is gone when
// the test ends; when the test has failed, what it had to say is printed.
func boot(t *testing.T, kind string) *machine {
	t.Helper()
	able(t)
	base := root(t, kind)
	takeSeat(t)
	bootable(t, base)
	m := newMachine(t, kind, base)
	m.start()
	t.Cleanup(m.end)
	return m
}

func newMachine(t *testing.T, kind, base string) *machine {
	t.Helper()
	run, err := scratch()
	if err != nil {
		t.Fatalf("make a scratch folder: %v", err)
	}
	name := fmt.Sprintf("%s-%d", filepath.Base(run), machines.Add(1))
	m := &machine{t: t, kind: kind, name: name, dir: filepath.Join(run, name)}
	m.root = filepath.Join(m.dir, "root")
	if err := os.Mkdir(m.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = os.RemoveAll(m.dir)
		_ = os.Remove(filepath.Join(propagated, name))
	})
	must(t, "cp", "-a", "--reflink=auto", base, m.root)
	m.write("/etc/machine-id", fmt.Sprintf("%x\n", randomBytes(16)))
	m.write("/etc/hostname", "sender\n")
	m.groups = newGroups(t, name)
	m.network = newNetwork(t, name)
	return m
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// start switches the machine on and waits until it is up.
func (m *machine) start() {
	m.t.Helper()
	m.off = make(chan struct{})
	go m.power()
	m.untilUp(0)
}

// power runs the machine until it is switched off, over reboots. The thread has
// to stay, because the kernel ends systemd-nspawn together with it.
func (m *machine) power() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(m.off)
	for m.runOnce() == nspawnReboot {
		continue
	}
}

func (m *machine) runOnce() int {
	console, err := os.OpenFile(m.console(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		m.t.Errorf("open the console's log: %v", err)
		return -1
	}
	defer console.Close()
	cmd, err := joined(m.groups, "systemd-nspawn", "--quiet", "--boot", "--directory="+m.root, "--machine="+m.name,
		"--hostname=sender", "--network-namespace-path="+filepath.Join(netnsFolder, m.network.machine),
		"--register=no", "--keep-unit", "--console=pipe", "--link-journal=no", "--resolv-conf=off", "--timezone=off",
		"--system-call-filter=fanotify_init fanotify_mark open_by_handle_at")
	if err != nil {
		m.t.Errorf("find the test's program: %v", err)
		return -1
	}
	cmd.Stdout, cmd.Stderr = console, console
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		m.t.Errorf("start systemd-nspawn: %v", err)
		return -1
	}
	m.nspawn.Store(int64(cmd.Process.Pid))
	m.boots.Add(1)
	err = cmd.Wait()
	m.nspawn.Store(0)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	return 0
}

func (m *machine) console() string { return filepath.Join(m.dir, "console.log") }

// leader is the machine's process 1 as the host numbers it, 0 when there is
// none.
func (m *machine) leader() int {
	nspawn := m.nspawn.Load()
	if nspawn == 0 {
		return 0
	}
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", nspawn))
	for _, file := range threads {
		children, _ := os.ReadFile(file)
		for field := range strings.FieldsSeq(string(children)) {
			if pid, err := strconv.Atoi(field); err == nil {
				return pid
			}
		}
	}
	return 0
}

// running says whether the machine is switched on.
func (m *machine) running() bool {
	select {
	case <-m.off:
		return false
	default:
		return true
	}
}

// end switches the machine off without asking it.
func (m *machine) end() {
	if m.t.Failed() {
		m.postmortem()
	}
	m.cut()
}

// cut pulls the plug.
func (m *machine) cut() {
	for m.running() {
		for _, group := range m.groups {
			for _, pid := range groupMembers(group) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		select {
		case <-m.off:
		case <-time.After(50 * time.Millisecond):
		}
	}
}
