package service

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// inSandbox runs the test once more in a process with its own /etc, /run and
// packaged units, so that it can install for real and the machine does not
// notice. It returns false in the process outside, where nothing is to be done.
func inSandbox(t *testing.T) bool {
	t.Helper()
	if os.Getenv("SERVICE_TEST_SANDBOX") != "" {
		for _, dir := range []string{"/etc", "/run", "/usr/lib/systemd/system"} {
			if err := unix.Mount("sandbox", dir, "tmpfs", 0, "mode=0755"); err != nil {
				t.Fatalf("mount a folder of our own on %s: %v", dir, err)
			}
		}
		return true
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can install a service")
	}
	t.Parallel()
	if err := os.MkdirAll("/usr/lib/systemd/system", 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	// The race detector would wait for a second at the end of each process.
	cmd.Env = append(os.Environ(), "SERVICE_TEST_SANDBOX=1", "GORACE=atexit_sleep_ms=0")
	// A mount namespace whose mounts do not come back to this one.
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Unshareflags: syscall.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
	return false
}

// machine is a sandbox with a fake init system, whose tools are scripts in
// PATH, and a service that is this test binary.
type machine struct {
	*testing.T
	dir  string
	said []string
	Options
}

func newMachine(t *testing.T, init Kind) *machine {
	t.Helper()
	m := &machine{T: t, dir: t.TempDir(), Options: packaged(init)}
	m.RunDir, m.StateDir, m.LogDir = m.dir, filepath.Join(m.dir, "state"), filepath.Join(m.dir, "log")
	m.Program = os.Args[0]
	m.Tell = func(line string) { m.said = append(m.said, line) }
	t.Setenv("PATH", m.dir+":/usr/bin:/bin")
	t.Setenv("FAKE", m.dir)
	t.Setenv("SERVICE_TEST_BINARY", os.Args[0])
	m.tool("power", powerScript)
	t.Cleanup(func() { m.run("power", "stop") })
	return m
}

// powerScript starts and ends the service for the fake tools.
const powerScript = `
case $1 in
start)
    [ -e $FAKE/broken ] && exit 0
    power alive && exit 0
    SERVICE_TEST_SOCKET=$FAKE/syncsvc.sock $SERVICE_TEST_BINARY >$FAKE/out 2>&1 &
    echo $! >$FAKE/pid
    ;;
stop)
    power alive || exit 0
    pid=$(cat $FAKE/pid)
    kill $pid
    tail --pid=$pid --sleep-interval=0.02 -f /dev/null
    rm $FAKE/pid
    ;;
alive)
    [ -s $FAKE/pid ] && [ -e /proc/$(cat $FAKE/pid)/exe ]
    ;;
esac
`

// tool puts a script into PATH that notes how it was called.
func (m *machine) tool(name, script string) {
	m.Helper()
	text := "#!/bin/bash\n[ " + name + " = power ] || echo " + name + " \"$@\" >>$FAKE/calls\n" + script
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(text), 0o755); err != nil {
		m.Fatal(err)
	}
}

func (m *machine) run(name string, args ...string) {
	m.Helper()
	if out, err := exec.Command(filepath.Join(m.dir, name), args...).CombinedOutput(); err != nil {
		m.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

func (m *machine) service() *Service {
	m.Helper()
	return newService(m.T, m.Options)
}

// write makes a file with its folders.
func (m *machine) write(path, text string) {
	m.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		m.Fatal(err)
	}
}

// calls returns how the tools were called since the last time.
func (m *machine) calls() string {
	m.Helper()
	file := filepath.Join(m.dir, "calls")
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	if err := os.Remove(file); err != nil {
		m.Fatal(err)
	}
	return string(text)
}

func (m *machine) pid() int {
	m.Helper()
	text, err := os.ReadFile(filepath.Join(m.dir, "pid"))
	if err != nil {
		m.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		m.Fatal(err)
	}
	return pid
}

// left lists the files and links in /etc.
func (m *machine) left() []string {
	m.Helper()
	var all []string
	err := filepath.WalkDir("/etc", func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		m.Fatal(err)
	}
	return all
}

// waitAnswer waits until the service that a test started itself answers.
func (m *machine) waitAnswer() {
	m.Helper()
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		if _, err := m.service().version(m.Context()); err == nil {
			return
		}
	}
	m.Fatal("it never answered")
}
