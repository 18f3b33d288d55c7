package boot_test

import (
	"strings"
	"testing"
)

// One file copied to a machine, and one command: as after a package.
func TestServiceInstallFromTheBareProgram(t *testing.T) {
	onDebians(t, func(s *sender) {
		s.run("install", "-m", "755", s.copyIn(program(s.t)), "/usr/local/bin/syncsvc")
		s.run("rm", "/root/syncsvc")
		before := s.traces()

		s.run("syncsvc", "service", "install")
		s.is("active", "active")
		s.is("enabled", "enabled")
		s.addModules()
		s.reboot()
		s.mirrors()
		first := s.pids()
		s.run("kill", "-9", s.unit("MainPID"))
		s.pidsOther(first, "")
		s.mirrors()
		s.run("syncsvc", "service", "install") // once more changes nothing
		s.mirrors()

		out := s.run("syncsvc", "service", "uninstall")
		s.nothingRuns()
		s.reboot()
		s.nothingRuns()
		s.run("rm", "-r", "/etc/syncsvc", "/var/lib/syncsvc", "/var/log/syncsvc")
		if after := s.traces(); after != before {
			s.t.Errorf("before the installation there was\n%safter it\n%s\nuninstall said: %s", before, after, out)
		}
	})
}

// Where the package is in charge, "service install" leaves it in charge.
func TestServiceInstallLeavesThePackageInCharge(t *testing.T) {
	onDebians(t, func(s *sender) {
		s.install(deb(s.t))
		s.addModules()
		before := s.configuration()
		running := s.unit("MainPID")

		out := s.run("syncsvc", "service", "install")
		if !strings.Contains(out, "belongs to the package syncsvc") {
			s.t.Errorf("service install does not tell whose the unit is: %s", out)
		}
		if after := s.configuration(); after != before {
			s.t.Error("service install wrote something although the package is there")
		}
		if got := s.unit("MainPID"); got != running {
			s.t.Errorf("the service was restarted: process %s, was %s", got, running)
		}

		s.run("syncsvc", "service", "uninstall")
		s.nothingRuns()
		s.is("enabled", "disabled")
		if !s.exists("/usr/lib/systemd/system/syncsvc.service") {
			s.t.Error("service uninstall took away the package's unit")
		}
		s.run("syncsvc", "service", "install")
		s.is("active", "active")
		s.is("enabled", "enabled")
		s.mirrors()
		s.pids()
	})
}

// configuration lists every file that says what is started, with its time.
func (s *sender) configuration() string {
	s.t.Helper()
	return s.sh("find /etc /usr/lib/systemd -xdev ! -type d -printf '%p %T@ %m %l\\n' | sort")
}

// Who begins with the program and installs the package later ends up with one
// service.
func TestPackageAfterServiceInstall(t *testing.T) {
	onDebians(t, func(s *sender) {
		s.run("install", "-m", "755", s.copyIn(program(s.t)), "/usr/local/bin/syncsvc")
		s.run("syncsvc", "service", "install")
		s.addModules()
		s.plantStrays()

		out := s.install(deb(s.t))
		if !strings.Contains(out, "syncsvc service install --force") {
			s.t.Errorf("the package does not say that its unit is hidden: %s", out)
		}
		s.pids()
		s.run("/usr/bin/syncsvc", "service", "install", "--force")
		if got := s.unit("FragmentPath"); !strings.HasSuffix(got, "/lib/systemd/system/syncsvc.service") {
			s.t.Errorf("the unit in force is %s", got)
		}
		s.pids()
		s.mirrors()
		s.noFullSync()
	})
}
