package boot_test

import (
	"slices"
	"strings"
	"testing"
)

// The stories of Debian's package where sysvinit starts it. Nobody restarts what
// has died there, so a person does: service syncsvc start.

func onSysvinit(t *testing.T) *sender {
	t.Helper()
	t.Parallel()
	return newSender(boot(t, "sysvinit"))
}

func TestSysvinitStartsItAtInstallationAndAfterReboot(t *testing.T) {
	s := onSysvinit(t)
	s.install(deb(t))
	s.run("service", "syncsvc", "status")
	s.bootLinks("S", "2", "3", "4", "5")
	s.bootLinks("K", "0", "1", "6")
	s.addModules()
	before := s.pids()
	s.run("service", "syncsvc", "start") // again
	if after := s.pids(); after[""] != before[""] {
		t.Errorf("a second start replaced pid %d by %d", before[""], after[""])
	}
	s.mirrors()
	s.plantStrays()

	s.reboot()
	s.mirrors() // and nobody has logged in
	s.noFullSync()
	s.pids()
	s.run("service", "syncsvc", "status")
}

func TestSysvinitReloadSaysWhetherItWorked(t *testing.T) {
	s := onSysvinit(t)
	s.install(deb(t))
	s.addModules()
	s.reloadSaysWhetherItWorked("service", "syncsvc", "reload")
}

func TestSysvinitStopsAndTellsSo(t *testing.T) {
	s := onSysvinit(t)
	s.install(deb(t))
	s.addModules()
	s.transferring("bbs")

	s.run("service", "syncsvc", "stop")
	s.nothingIsLeft()
	if _, err := s.try("service", "syncsvc", "status"); exitCode(err) != "3" {
		t.Errorf("service syncsvc status exits with %s when it is stopped, want 3", exitCode(err))
	}
	if _, err := s.try("service", "syncsvc", "stop"); err != nil {
		t.Errorf("stopping what is stopped: %v", err)
	}

	s.run("service", "syncsvc", "start")
	first := s.pids()
	s.run("service", "syncsvc", "restart")
	if again := s.pids(); again[""] == first[""] {
		t.Errorf("it was not restarted, pid %d", first[""])
	}
	s.mirrors()
}

func TestSysvinitKilledServiceLeavesNothingAndNoTwins(t *testing.T) {
	s := onSysvinit(t)
	s.install(deb(t))
	s.addModules()

	before := s.pids()
	s.kill(before["www"])
	after := s.pidsOther(before, "www")
	if after[""] != before[""] || after["bbs"] != before["bbs"] || after["blog"] != before["blog"] {
		t.Errorf("killed was the instance of www only: %v, then %v", before, after)
	}
	s.mirrors()

	file := s.transferring("bbs")
	s.kill(after[""])
	s.nothingIsLeft()
	if _, err := s.try("service", "syncsvc", "status"); exitCode(err) != "1" {
		t.Errorf("service syncsvc status exits with %s when it was killed, want 1: dead, and its pid file is there", exitCode(err))
	}
	s.atFullSpeed("bbs")
	s.run("service", "syncsvc", "start")
	s.pids()
	s.arrives(file)
	s.mirrors()
}

func TestSysvinitUpgradeKeepsEverything(t *testing.T) {
	s := onSysvinit(t)
	s.install(previousDeb(t))
	s.addModules()
	settings := s.read("/etc/default/syncsvc") + "# edited by hand\n"
	s.write("/etc/default/syncsvc", settings)
	before, old := s.pids(), s.overview().Version
	s.plantStrays()

	s.install(deb(t))
	if after := s.pidsOther(before, ""); after["www"] == before["www"] {
		t.Errorf("the instance of www is still the old one, pid %d", before["www"])
	}
	s.isUpgraded(old)
	if s.read("/etc/default/syncsvc") != settings {
		t.Error("/etc/default/syncsvc was edited, and the edit is gone")
	}
	s.mirrors()
	s.noFullSync()
}

func TestSysvinitDisabledStaysDisabled(t *testing.T) {
	s := onSysvinit(t)
	s.install(previousDeb(t))
	s.run("service", "syncsvc", "stop")
	s.run("update-rc.d", "syncsvc", "disable")
	s.install(deb(t))
	s.bootLinks("S")
	s.nothingIsLeft()
	s.reboot()
	s.nothingIsLeft()
	s.run("update-rc.d", "syncsvc", "enable")
	s.reboot()
	s.addModules()
}

func TestSysvinitRemovedReinstalledPurged(t *testing.T) {
	s := onSysvinit(t)
	before := s.tracesOf("*syncsvc*", "*sersync*")
	s.install(deb(t))
	s.addModules()

	s.run("dpkg", "--remove", "syncsvc")
	s.nothingIsLeft()
	s.reboot() // the init script stays, and has nothing to start
	s.nothingIsLeft()
	s.write("/srv/www/while-removed", "written when there was no syncsvc\n")

	s.install(deb(t))
	s.arrives("www/while-removed")
	s.mirrors()
	s.pids()

	s.run("dpkg", "--purge", "syncsvc")
	s.nothingIsLeft()
	if after := s.tracesOf("*syncsvc*", "*sersync*"); !slices.Equal(after, before) {
		t.Errorf("a purge leaves traces: %v", after)
	}
}

// logrotate knows best what is wrong with its files, and what it would do.
func TestSysvinitLogIsRotatedUnderARunningService(t *testing.T) {
	s := onSysvinit(t)
	s.install(deb(t))
	s.addModules()
	const log = "/var/log/syncsvc/syncsvc.out"
	s.untilContains(log, "")
	s.run("logrotate", "--force", "/etc/logrotate.d/syncsvc")
	s.run("service", "syncsvc", "reload")
	before := s.pids()
	s.kill(before["www"])
	s.pidsOther(before, "www")
	s.untilContains(log, "www") // which died after the rotation
	if out := s.run("logrotate", "--debug", "/etc/logrotate.d/syncsvc"); strings.Contains(out, "error") {
		t.Errorf("logrotate finds faults in our file:\n%s", out)
	}
}

func TestSysvinitFromTheBareProgram(t *testing.T) {
	s := onSysvinit(t)
	before := s.tracesOf("/etc/rc?.d/*syncsvc", "/etc/init.d/syncsvc", "/etc/logrotate.d/syncsvc")
	s.bareProgram(t)
	s.run("syncsvc", "service", "install", "--init", "sysv")
	s.addModules()
	s.run("service", "syncsvc", "status")
	s.bootLinks("S", "2", "3", "4", "5")

	s.reboot()
	s.mirrors()
	s.pids()
	s.run("syncsvc", "service", "status")

	s.run("syncsvc", "service", "uninstall")
	s.nothingIsLeft()
	if after := s.tracesOf("/etc/rc?.d/*syncsvc", "/etc/init.d/syncsvc", "/etc/logrotate.d/syncsvc"); !slices.Equal(after, before) {
		t.Errorf("after uninstall there is %v", after)
	}
	if !s.exists(moduleFile("www")) {
		t.Error("uninstall removed a module's file, which is the operator's")
	}
}

// bootLinks checks in which runlevels sysvinit starts (S) or stops (K) it.
func (s *sender) bootLinks(kind string, want ...string) {
	s.t.Helper()
	var got []string
	for _, link := range strings.Fields(s.sh("cd /etc && echo rc?.d/" + kind + "??syncsvc")) {
		if !strings.Contains(link, "?") {
			got = append(got, link[2:3])
		}
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("links %s in runlevels %v, want %v", kind, got, want)
	}
}
