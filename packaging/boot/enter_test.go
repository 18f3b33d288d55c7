package boot_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// commandWithin bounds a command in a machine.
const commandWithin = 3 * time.Minute

// visitor is the environment of a command in a machine: root's, at no terminal.
var visitor = []string{
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root", "LC_ALL=C.UTF-8", "TERM=dumb", "SYSTEMD_PAGER=", "SYSTEMD_COLORS=0",
}

// run runs a command in the machine and returns what it printed on both
// streams. It has to succeed.
func (m *machine) run(argv ...string) string {
	m.t.Helper()
	out, err := m.try(argv...)
	if err != nil {
		m.t.Fatalf("on the machine (%s): %s: %v\n%s", m.kind, strings.Join(argv, " "), err, out)
	}
	return out
}

// sh is run for a line of shell.
func (m *machine) sh(line string) string {
	m.t.Helper()
	return m.run("sh", "-c", line)
}

// try is run for a command that may fail. The error is an [exec.ExitError] when
// it ran.
func (m *machine) try(argv ...string) (string, error) {
	leader := m.leader()
	if leader == 0 {
		return "", errors.New("the machine is off")
	}
	return m.enter(leader, argv...)
}

// enter runs a command where process 1 of the machine is, in its control groups
// too: what the command leaves running must not count as the host's.
func (m *machine) enter(leader int, argv ...string) (string, error) {
	groups, err := groupsOf(leader)
	if err != nil {
		return "", err
	}
	argv = append([]string{"nsenter", "--all", "--target", strconv.Itoa(leader), "--"}, argv...)
	cmd, err := joined(groups, argv...)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	cmd.Env = append(visitor, cmd.Env[len(cmd.Env)-1])
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 5 * time.Second // a daemon may have inherited the output
	if err := cmd.Start(); err != nil {
		return "", err
	}
	stop := time.AfterFunc(commandWithin, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer stop.Stop()
	if err = cmd.Wait(); errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	return out.String(), err
}

// path is where a file of the machine is on the host. It sees through no mount
// of the machine, such as its /run, and follows links as the host does.
func (m *machine) path(inside string) string { return filepath.Join(m.root, inside) }

// write puts a file on the machine's disk, whether it is switched on or not.
func (m *machine) write(inside, text string) {
	m.t.Helper()
	path := m.path(inside)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

// read returns a file from the machine's disk.
func (m *machine) read(inside string) string {
	m.t.Helper()
	text, err := os.ReadFile(m.path(inside))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(text)
}

// copyIn puts a file of the host at the same name into the machine's /root, and
// returns where it is there.
func (m *machine) copyIn(file string) string {
	m.t.Helper()
	inside := "/root/" + filepath.Base(file)
	must(m.t, "cp", file, m.path(inside))
	return inside
}

// exists says whether there is something of that name on the machine's disk.
func (m *machine) exists(inside string) bool {
	_, err := os.Lstat(m.path(inside))
	return err == nil
}

// exitCode is how a command ended, from the error of try.
func exitCode(err error) string {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return fmt.Sprint(exit.ExitCode())
	}
	if err == nil {
		return "0"
	}
	return err.Error()
}
