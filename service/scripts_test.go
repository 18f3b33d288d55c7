package service

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/syncsvc/syncsvc/control"
)

// initScript does what the LSB demands of status, and starts the service.
const initScript = `
[ -x /etc/init.d/$1 ] || { echo "$1: unrecognized service" >&2; exit 1; }
case $2 in
status) power alive || exit 3 ;;
restart) power stop; power start ;;
*) power $2 ;;
esac
`

func newScriptMachine(t *testing.T, init Kind, service string, folders ...string) *machine {
	t.Helper()
	m := newMachine(t, init)
	m.tool(service, initScript)
	for _, dir := range append(folders, "/etc/init.d", "/etc/logrotate.d") {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// TestSysvLeavesNoLinks is about what kardianos forgets.
func TestSysvLeavesNoLinks(t *testing.T) {
	if !inSandbox(t) {
		return
	}
	var folders []string
	for level := range 7 {
		folders = append(folders, "/etc/rc"+itoa(level)+".d")
	}
	m := newScriptMachine(t, Sysv, "service", folders...)
	if err := m.service().Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	left := m.left()
	for _, want := range []string{"/etc/init.d/syncsvc", "/etc/rc2.d/S50syncsvc", "/etc/logrotate.d/syncsvc"} {
		if !slices.Contains(left, want) {
			t.Errorf("no %s among %v", want, left)
		}
	}
	if st := m.status(); !st.Running || !st.Enabled || st.State != "started" || st.File != "/etc/init.d/syncsvc" {
		t.Errorf("status is %+v", st)
	}
	if err := m.service().Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := m.status(); st.Running || st.State != "stopped" || !st.Installed {
		t.Errorf("status is %+v", st)
	}
	if err := m.service().Uninstall(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := m.left(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestOpenRCLeavesNothing(t *testing.T) {
	if !inSandbox(t) {
		return
	}
	m := newScriptMachine(t, OpenRC, "rc-service", "/etc/runlevels/default")
	m.tool("rc-update", `
case $1 in
add) ln -sf /etc/init.d/$2 /etc/runlevels/default/$2 ;;
*) [ -L /etc/runlevels/default/syncsvc ] || exit 1; rm /etc/runlevels/default/syncsvc ;;
esac
`)
	if err := m.service().Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := m.status(); !st.Running || !st.Enabled {
		t.Errorf("status is %+v", st)
	}
	if err := m.service().Uninstall(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := m.left(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestPackagedScriptStays is Debian without systemd: the package's script is
// where ours would be.
func TestPackagedScriptStays(t *testing.T) {
	if !inSandbox(t) {
		return
	}
	m := newScriptMachine(t, Sysv, "service", "/etc/rc2.d")
	m.tool("dpkg-query", "echo syncsvc: /etc/init.d/syncsvc")
	m.tool("update-rc.d", `[ "$2" = defaults ] && ln -sf ../init.d/$1 /etc/rc2.d/S01$1; [ "$2" = disable ] && mv /etc/rc2.d/S01$1 /etc/rc2.d/K01$1; true`)
	m.write("/etc/init.d/syncsvc", "#!/bin/sh\n# the package's\n")
	if err := os.Chmod("/etc/init.d/syncsvc", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := m.service().Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := m.status(); !st.Running || !st.Enabled || st.Package != "syncsvc" {
		t.Errorf("status is %+v", st)
	}
	if err := m.service().Uninstall(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("/etc/init.d/syncsvc")
	if err != nil || !strings.Contains(string(text), "the package's") {
		t.Errorf("the script is %q (%v)", text, err)
	}
	if st := m.status(); st.Running || st.Enabled || !st.Installed {
		t.Errorf("status is %+v", st)
	}
}

func TestRunningInitSystemIsFound(t *testing.T) {
	if !inSandbox(t) {
		return
	}
	newMachine(t, "")
	for _, c := range []struct {
		sign string
		want Kind
	}{{"/run/openrc", OpenRC}, {"/run/systemd/system", Systemd}} {
		if err := os.MkdirAll(c.sign, 0o755); err != nil {
			t.Fatal(err)
		}
		if got, err := detect(""); got != c.want {
			t.Errorf("got %q, want %q (%v)", got, c.want, err)
		}
	}
}

func TestInstalledInitSystemIsFound(t *testing.T) {
	for file, want := range map[string]Kind{
		"usr/lib/systemd/systemd": Systemd, "sbin/openrc-run": OpenRC, "etc/inittab": Sysv, "sbin/upstart-udev-bridge": Upstart, "other": Systemd,
	} {
		root := t.TempDir()
		path := filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := detect(root); got != want {
			t.Errorf("%s: got %q, want %q (%v)", file, got, want, err)
		}
	}
}

// TestWhoMayNotAskIsToldWhatTheInitSystemSays is status for people who are not
// root: the socket is there, and closed to them.
func TestWhoMayNotAskIsToldWhatTheInitSystemSays(t *testing.T) {
	st := Status{Installed: true}
	st.answer(control.Version{}, &control.Failed{Status: http.StatusForbidden, Err: errors.New("permission denied")})
	if st.Running || !st.unasked {
		t.Errorf("got %+v", st)
	}
	st.remark(newService(t, packaged(Systemd)), found{file: unitPath}, asked{active: true, enabled: true})
	if len(st.Remarks) != 1 || st.Remarks[0].Hint != "sudo syncsvc service status" {
		t.Errorf("remarks are %+v", st.Remarks)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
