package service

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// systemctlScript does what systemd does to files, and to the service.
const systemctlScript = `
unit=/etc/systemd/system/syncsvc.service
wants=/etc/systemd/system/multi-user.target.wants
file=$unit; [ -e $file ] || file=/usr/lib/systemd/system/syncsvc.service
case $1 in
enable)
    [ -e $FAKE/refuse ] && { echo "Failed to enable unit: Access denied" >&2; exit 1; }
    [ -s $file ] || { echo "Unit file syncsvc.service does not exist." >&2; exit 1; }
    mkdir -p $wants && ln -sf $file $wants/syncsvc.service ;;
disable) rm -f $wants/syncsvc.service ;;
start) power start ;;
stop) power stop ;;
restart) power stop; power start ;;
show)
    if power alive; then echo ActiveState=active; echo SubState=running; echo MainPID=$(cat $FAKE/pid)
    else echo ActiveState=inactive; echo SubState=dead; echo MainPID=0; fi
    [ -s $file ] && echo FragmentPath=$file
    if [ -L $wants/syncsvc.service ]; then echo UnitFileState=enabled; else echo UnitFileState=disabled; fi ;;
esac
`

const unitPath = "/etc/systemd/system/syncsvc.service"

const vendorPath = "/usr/lib/systemd/system/syncsvc.service"

func newSystemdMachine(t *testing.T) *machine {
	t.Helper()
	m := newMachine(t, Systemd)
	m.tool("systemctl", systemctlScript)
	if err := os.MkdirAll(filepath.Dir(unitPath), 0o755); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestInstallStartsItAndUninstallLeavesNothing(t *testing.T) {
	if !inSandbox(t) {
		return
	}
	m := newSystemdMachine(t)
	if err := m.service().Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"wrote " + unitPath, "starts at boot", "running, pid " + itoa(m.pid())}
	if diff := cmp.Diff(want, m.said); diff != "" {
		t.Error(diff)
	}
	st := m.status()
	if !st.Running || st.Pid != m.pid() || st.Version != "9.9" || !st.Enabled || st.File != unitPath || len(st.Remarks) > 0 {
		t.Errorf("status is %+v", st)
	}

	first := m.pid()
	if err := m.service().Install(t.Context()); err != nil {
		t.Errorf("a second time: %v", err)
	}
	if m.pid() != first {
		t.Error("it was restarted though nothing changed")
	}

	m.calls()
	if err := m.service().Uninstall(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := m.left(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	calls := m.calls()
	for _, want := range []string{"stop", "disable", "daemon-reload", "reset-failed"} {
		if !strings.Contains(calls, "systemctl "+want) {
			t.Errorf("no %s among\n%s", want, calls)
		}
	}
	if st := m.status(); st.Running || st.Installed || st.Enabled {
		t.Errorf("status is %+v", st)
	}
	if err := m.service().Uninstall(t.Context()); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

func TestPackagedUnitIsEnabledAndNeverHidden(t *testing.T) {
	if !inSandbox(t) {
		return
	}
	m := newSystemdMachine(t)
	m.tool("dpkg-query", "echo syncsvc: "+vendorPath)
	m.write(vendorPath, "[Service]\nExecStart=/bin/true\n")
	if err := m.service().Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := m.left(); !slices.Equal(left, []string{"/etc/systemd/system/multi-user.target.wants/syncsvc.service"}) {
		t.Errorf("there are %v", left)
	}
	if !strings.Contains(strings.Join(m.said, "\n"), "belongs to the package syncsvc") {
		t.Errorf("said %q", m.said)
	}
	if st := m.status(); st.File != vendorPath || st.Package != "syncsvc" || !st.Packaged || !st.Running {
		t.Errorf("status is %+v", st)
	}
	if err := m.service().Uninstall(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(vendorPath); err != nil || len(m.left()) > 0 {
		t.Errorf("%v, left %v", err, m.left())
	}
	if !strings.Contains(strings.Join(m.said, "\n"), "apt-get remove syncsvc") {
		t.Errorf("said %q", m.said)
	}
}

// TestUnitThatHidesThePackagesOneGivesWay is how machines look on which an
// older way of installing was used first.
func TestUnitThatHidesThePackagesOneGivesWay(t *testing.T) {
	if !inSandbox(t) {
		return
	}
	m := newSystemdMachine(t)
	m.write(vendorPath, "[Service]\nExecStart=/bin/true\n")
	m.write(unitPath, "[Service]\nExecStart=/bin/false\n")
	m.refused(m.service().Install(t.Context()), "hides the package's own "+vendorPath)
	if st := m.status(); len(st.Remarks) == 0 || !strings.Contains(st.Remarks[0].Text, "hides") {
		t.Errorf("status is %+v", st)
	}
	m.Force = true
	if err := m.service().Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := m.status(); st.File != vendorPath || !st.Running {
		t.Errorf("status is %+v", st)
	}
}

func TestInstallThatFailsTakesBackWhatItBegan(t *testing.T) {
	if !inSandbox(t) {
		return
	}
	m := newSystemdMachine(t)
	m.write(filepath.Join(m.dir, "refuse"), "")
	err := m.service().Install(t.Context())
	if err == nil || !strings.Contains(err.Error(), "Access denied") {
		t.Errorf("got %v", err)
	}
	if left := m.left(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestProgramThatIsNotThereIsNotInstalled(t *testing.T) {
	if !inSandbox(t) {
		return
	}
	m := newSystemdMachine(t)
	m.Program = filepath.Join(m.dir, "nowhere")
	m.refused(m.service().Install(t.Context()), "nowhere: no such file or directory")
	if left := m.left(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestLeftoversAreExplainedAndRepaired(t *testing.T) {
	if !inSandbox(t) {
		return
	}
	m := newSystemdMachine(t)
	for _, c := range []struct {
		make func() error
		want string
	}{
		{func() error { return os.Symlink("/dev/null", unitPath) }, "masked"},
		{func() error { return os.WriteFile(unitPath, nil, 0o644) }, "empty: an installation was cut off"},
		{func() error { return os.WriteFile(unitPath, []byte("x"), 0o644) }, "says something else"},
	} {
		if err := c.make(); err != nil {
			t.Fatal(err)
		}
		m.Force = false
		m.refused(m.service().Install(t.Context()), c.want)
		m.Force = true
		if err := m.service().Install(t.Context()); err != nil {
			t.Fatalf("%s: %v", c.want, err)
		}
		if st := m.status(); !st.Running || !st.Enabled || len(st.Remarks) > 0 {
			t.Errorf("%s: status is %+v", c.want, st)
		}
		if err := m.service().Uninstall(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSupervisorStartedByHandIsNotTakenForTheService(t *testing.T) {
	if !inSandbox(t) {
		return
	}
	m := newSystemdMachine(t)
	m.run("power", "start")
	m.waitAnswer()
	pid := m.pid()
	// systemd does not know of it.
	m.tool("systemctl", strings.Replace(systemctlScript, "if power alive", "if false", 1))
	m.refused(m.service().Install(t.Context()), "a supervisor runs already, pid "+itoa(pid))
	if left := m.left(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	st := m.status()
	if !st.Running || st.Active || st.Pid != pid {
		t.Errorf("status is %+v", st)
	}
}

func TestServiceThatEndsAtOnceIsNoSuccess(t *testing.T) {
	if !inSandbox(t) {
		return
	}
	m := newSystemdMachine(t)
	m.write(filepath.Join(m.dir, "broken"), "")
	err := m.service().Install(t.Context())
	m.refused(err, "was started and ended again: inactive (dead)")
	if h, _ := errors.AsType[Hinted](err); !strings.Contains(h.Hint, "journalctl -u syncsvc") {
		t.Errorf("the hint is %q", h.Hint)
	}
	if st := m.status(); st.Running || !st.Installed || len(st.Remarks) != 1 || st.Remarks[0].Hint != "syncsvc service start" {
		t.Errorf("status is %+v", st)
	}
}

func TestStartStopRestart(t *testing.T) {
	if !inSandbox(t) {
		return
	}
	m := newSystemdMachine(t)
	m.refused(m.service().Start(t.Context()), "not installed")
	if err := m.service().Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := m.pid()
	if err := m.service().Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m.pid() == first {
		t.Error("it is the same process")
	}
	for range 2 {
		if err := m.service().Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if st := m.status(); st.Running || !st.Installed || !st.Enabled {
		t.Errorf("status is %+v", st)
	}
}

func (m *machine) status() Status {
	m.Helper()
	st, err := m.service().Status(m.Context())
	if err != nil {
		m.Fatal(err)
	}
	return st
}

// refused demands an error that says want and knows a way out.
func (m *machine) refused(err error, want string) {
	m.Helper()
	h, ok := errors.AsType[Hinted](err)
	if !ok || !strings.Contains(err.Error(), want) || h.Hint == "" {
		m.Errorf("got %v, want one with %q and a hint", err, want)
	}
}
