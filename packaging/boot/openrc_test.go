package boot_test

import (
	"slices"
	"strings"
	"testing"
)

// The stories of OpenRC, which restarts what has died: with the script of its
// own that Alpine's package brings, and with the one of Debian's package, which
// it runs as well but does not look after.

func onOpenRC(t *testing.T) *sender {
	t.Helper()
	t.Parallel()
	return newSender(boot(t, "openrc"))
}

// onAlpine has Alpine's package, started and in the default runlevel, as its
// message says.
func onAlpine(t *testing.T, file func(*testing.T) string) *sender {
	t.Helper()
	s := onOpenRC(t)
	said := s.apkAdd(file(t))
	s.nothingIsLeft() // Alpine starts nothing by itself
	const advice = "rc-update add syncsvc && rc-service syncsvc start"
	if !strings.Contains(said, advice) {
		t.Errorf("the package does not say how to start it: %s", said)
	}
	s.sh(advice)
	s.addModules()
	return s
}

func TestOpenRCStartsItAfterReboot(t *testing.T) {
	s := onAlpine(t, apk)
	s.run("rc-service", "syncsvc", "status")
	s.mirrors()
	s.plantStrays()
	s.reboot()
	s.mirrors() // and nobody has logged in
	s.noFullSync()
	s.pids()
	s.run("rc-service", "syncsvc", "status")
}

func TestOpenRCReloadSaysWhetherItWorked(t *testing.T) {
	s := onAlpine(t, apk)
	s.reloadSaysWhetherItWorked("rc-service", "syncsvc", "reload")
}

func TestOpenRCBringsKilledServiceBackWithoutTwins(t *testing.T) {
	s := onAlpine(t, apk)
	before := s.pids()
	s.kill(before["www"])
	after := s.pidsOther(before, "www")
	if after[""] != before[""] || after["bbs"] != before["bbs"] || after["blog"] != before["blog"] {
		t.Errorf("killed was the instance of www only: %v, then %v", before, after)
	}

	file := s.transferring("bbs")
	before = s.pids()
	s.atFullSpeed("bbs")
	s.kill(before[""])
	after = s.pidsOther(before, "")
	for name, pid := range after {
		if before[name] == pid {
			t.Errorf("%q lives on after the supervisor was killed: %v, then %v", name, before, after)
		}
	}
	s.arrives(file)
	s.mirrors()
	s.run("rc-service", "syncsvc", "status")
}

func TestOpenRCStopsAndStarts(t *testing.T) {
	s := onAlpine(t, apk)
	s.transferring("bbs")
	s.run("rc-service", "syncsvc", "stop")
	s.nothingIsLeft()
	if _, err := s.try("rc-service", "syncsvc", "status"); exitCode(err) != "3" {
		t.Errorf("rc-service syncsvc status exits with %s when it is stopped, want 3", exitCode(err))
	}
	s.atFullSpeed("bbs")
	s.run("rc-service", "syncsvc", "start")
	first := s.pids()
	s.run("rc-service", "syncsvc", "restart")
	if again := s.pids(); again[""] == first[""] {
		t.Errorf("it was not restarted, pid %d", first[""])
	}
	s.mirrors()
}

func TestOpenRCUpgradeAndRemoval(t *testing.T) {
	s := onAlpine(t, previousApk)
	settings := s.read("/etc/conf.d/syncsvc") + "# edited by hand\n"
	s.write("/etc/conf.d/syncsvc", settings)
	before, old := s.pids(), s.overview().Version
	s.plantStrays()

	s.apkUpgrade(previousApk(t), apk(t))
	s.pidsOther(before, "")
	s.isUpgraded(old)
	s.mirrors()
	s.noFullSync()
	if s.read("/etc/conf.d/syncsvc") != settings {
		t.Error("/etc/conf.d/syncsvc was edited, and the edit is gone")
	}

	s.run("rc-service", "syncsvc", "stop")
	s.apkUpgrade(previousApk(t), apk(t))
	s.nothingIsLeft() // what is stopped stays stopped
	s.run("rc-service", "syncsvc", "start")

	s.apkDel(apk(t))
	s.nothingIsLeft()
	if links := s.tracesOf("/etc/runlevels/*/syncsvc", "/etc/init.d/syncsvc", "/usr/bin/syncsvc", "/usr/bin/sersync*"); len(links) > 0 {
		t.Errorf("after the removal there is %v", links)
	}
	if !s.exists(moduleFile("www")) {
		t.Error("the removal took a module's file, which is the operator's")
	}
	s.reboot()
	s.nothingIsLeft()
}

func TestOpenRCFromTheBareProgram(t *testing.T) {
	s := onOpenRC(t)
	s.bareProgram(t)
	s.run("syncsvc", "service", "install")
	s.addModules()
	s.run("rc-service", "syncsvc", "status")
	before := s.pids()
	s.kill(before[""])
	s.pidsOther(before, "")
	s.reboot()
	s.mirrors()
	s.pids()

	s.run("syncsvc", "service", "uninstall")
	s.nothingIsLeft()
	if left := s.tracesOf("/etc/runlevels/*/syncsvc", "/etc/init.d/syncsvc"); len(left) > 0 {
		t.Errorf("after uninstall there is %v", left)
	}
}

func TestOpenRCRunsDebiansPackage(t *testing.T) {
	s := onOpenRC(t)
	before := s.tracesOf("*syncsvc*", "*sersync*")
	s.install(previousDeb(t))
	s.addModules()
	running, old := s.pids(), s.overview().Version
	s.install(deb(t))
	s.pidsOther(running, "")
	s.isUpgraded(old)
	s.reboot()
	s.mirrors() // and nobody has logged in
	killed := s.pids()
	s.kill(killed[""])
	s.nothingIsLeft()
	s.run("service", "syncsvc", "restart")
	s.mirrors()
	s.pids()

	s.run("dpkg", "--purge", "syncsvc")
	s.nothingIsLeft()
	if after := s.tracesOf("*syncsvc*", "*sersync*"); !slices.Equal(after, before) {
		t.Errorf("a purge leaves traces: %v", after)
	}
}
