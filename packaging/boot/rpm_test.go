package boot_test

import (
	"strings"
	"testing"
)

// The rpm's stories on Debian's systemd and rpm: its scripts get what rpm gives
// them, in rpm's order. What that can't show is dnf's, zypper's and SELinux's
// world.

func onRpm(t *testing.T) *sender {
	t.Helper()
	t.Parallel()
	return newSender(boot(t, "rpm"))
}

// rpm does something with packages. Debian's rsync and shell are in no database
// of rpm.
func (s *sender) rpm(do, file string) string {
	s.t.Helper()
	return s.run("rpm", do, "--nodeps", s.copyIn(file))
}

// preset is what a distribution or an administrator wants of new services.
func (s *sender) preset(line string) {
	s.t.Helper()
	s.write("/usr/lib/systemd/system-preset/99-default.preset", line+"\n")
}

// Most distributions enable nothing that was just installed, as Fedora.
func TestRpmLeavesTheStartToThePreset(t *testing.T) {
	s := onRpm(t)
	s.preset("disable *")
	said := s.rpm("-i", rpm(t))
	s.is("active", "inactive")
	s.is("enabled", "disabled")
	const advice = "systemctl enable --now syncsvc"
	if !strings.Contains(said, advice) {
		t.Errorf("the package does not say how to start it: %s", said)
	}
	s.sh(advice)
	if said := s.run("syncsvc", "service", "status"); !strings.Contains(said, "syncsvc.service, of the package syncsvc\n") {
		t.Errorf("service status does not know the package:\n%s", said)
	}
	s.addModules()
	s.mirrors()
	s.plantStrays()

	s.reboot()
	s.mirrors() // and nobody has logged in
	s.noFullSync()
	s.pids()
}

func TestRpmIsEnabledWhereThePresetSaysSo(t *testing.T) {
	s := onRpm(t)
	s.preset("enable syncsvc.service\ndisable *")
	s.rpm("-i", rpm(t))
	s.is("active", "inactive")
	s.is("enabled", "enabled")
	s.reboot()
	s.is("active", "active")
	s.addModules()
	s.pids()
}

// An upgrade runs the new package's post, then the old one's preun and postun:
// nothing may be stopped or disabled by the latter, and it is the one that
// restarts.
func TestRpmUpgradeKeepsEverything(t *testing.T) {
	s := onRpm(t)
	s.preset("disable *")
	s.rpm("-i", previousRpm(t))
	s.run("systemctl", "enable", "--now", "syncsvc")
	s.addModules()
	settings := s.read("/etc/sysconfig/syncsvc") + "# edited by hand\n"
	s.write("/etc/sysconfig/syncsvc", settings)
	before, old := s.pids(), s.overview().Version
	s.plantStrays()

	s.rpm("-U", rpm(t))
	s.is("active", "active")
	s.is("enabled", "enabled")
	s.pidsOther(before, "")
	s.isUpgraded(old)
	s.mirrors()
	s.noFullSync()
	if s.read("/etc/sysconfig/syncsvc") != settings {
		t.Error("/etc/sysconfig/syncsvc was edited, and the edit is gone")
	}
}

// What is stopped and disabled stays so, also where presets would enable it.
func TestRpmUpgradeStartsNothing(t *testing.T) {
	s := onRpm(t)
	s.preset("enable *")
	s.rpm("-i", previousRpm(t))
	s.run("systemctl", "disable", "--now", "syncsvc")
	s.rpm("-U", rpm(t))
	s.is("active", "inactive")
	s.is("enabled", "disabled")
	s.nothingIsLeft()
}

// rpm knows no purge: what people wrote stays, and is there again with the
// package.
func TestRpmErasedAndInstalledAgain(t *testing.T) {
	s := onRpm(t)
	s.preset("disable *")
	s.rpm("-i", rpm(t))
	s.run("systemctl", "enable", "--now", "syncsvc")
	s.addModules()
	const settings = "/etc/sysconfig/syncsvc"
	s.write(settings, s.read(settings)+"# edited by hand\n")
	s.plantStrays()

	s.run("rpm", "-e", "syncsvc")
	s.nothingIsLeft()
	if left := s.tracesOf("/etc/systemd/system/*/syncsvc.service", "/usr/*syncsvc*", "/usr/bin/sersync*", "/run/*syncsvc*"); len(left) > 0 {
		t.Errorf("after the removal there is %v", left)
	}
	if !strings.Contains(s.read(settings+".rpmsave"), "edited by hand") {
		t.Errorf("%s was edited, and the edit is gone", settings)
	}
	s.reboot()
	s.nothingIsLeft()
	s.write("/srv/www/while-removed", "written when there was no syncsvc\n")

	s.rpm("-i", rpm(t))
	s.is("enabled", "disabled")
	s.run("systemctl", "enable", "--now", "syncsvc")
	s.arrives("www/while-removed")
	s.mirrors()
	s.noFullSync()
	s.pids()
}
