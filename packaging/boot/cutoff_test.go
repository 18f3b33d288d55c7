package boot_test

import (
	"strings"
	"testing"
)

// A maintainer script may be killed at any point: out of memory, a closed ssh
// session, a reset. What is left is finished by the next run of dpkg.
func TestKilledMaintainerScriptIsFinishedLater(t *testing.T) {
	t.Parallel()
	m := boot(t, "bookworm")
	m.write("/etc/dpkg/dpkg.cfg.d/fast", "force-unsafe-io\n") // it is called often
	versions := []string{m.copyIn(previousDeb(t)), m.copyIn(deb(t))}
	for _, at := range []string{"deb-systemd-helper", "update-rc.d"} {
		m.cutOff(at, "dpkg", "--install", versions[0])
		m.run("dpkg", "--configure", "--pending")
		m.serves("first installation, cut off at " + at)
		m.cutOff("deb-systemd-helper", "dpkg", "--purge", "syncsvc")
		m.run("dpkg", "--purge", "syncsvc")
		if left := m.sh("find /etc /var/lib /usr -name '*syncsvc*' -o -name '*sersync*'"); left != "" {
			t.Errorf("a purge after it was cut off leaves\n%s", left)
		}
	}
	m.run("dpkg", "--install", versions[0])
	for i, at := range []string{"systemctl", "install", "deb-systemd-helper", "deb-systemd-invoke"} {
		m.cutOff(at, "dpkg", "--install", versions[(i+1)%2])
		m.run("dpkg", "--configure", "--pending")
		m.serves("upgrade, cut off at " + at)
	}
	for _, at := range []string{"deb-systemd-invoke", "deb-systemd-helper"} {
		m.cutOff(at, "dpkg", "--remove", "syncsvc")
		m.run("dpkg", "--remove", "syncsvc")
		m.run("dpkg", "--install", versions[0])
		m.serves("removal, cut off at " + at)
	}
}

// cutOff runs dpkg and kills the script that calls a program, in the place of
// the call.
func (m *machine) cutOff(program string, argv ...string) {
	m.t.Helper()
	killer := "/usr/local/sbin/" + program
	m.write(killer, "#!/bin/sh\nrm "+killer+"\nkill -9 $PPID\n")
	m.run("chmod", "0755", killer)
	out, err := m.try(argv...)
	if err == nil || m.exists(killer) {
		m.t.Fatalf("%s was not called in %s: %v\n%s", program, strings.Join(argv, " "), err, out)
	}
}

func (m *machine) serves(after string) {
	m.t.Helper()
	m.run("syncsvc", "status")
	for what, want := range map[string]string{"is-active": "active", "is-enabled": "enabled"} {
		if out, _ := m.try("systemctl", what, "syncsvc"); strings.TrimSpace(out) != want {
			m.t.Errorf("%s: %s says %s", after, what, out)
		}
	}
	if m.exists("/var/lib/syncsvc/.start-is-due") {
		m.t.Errorf("%s: a start is still due", after)
	}
}
