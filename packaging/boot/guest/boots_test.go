package guest_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

const lastBoot = "/root/last-boot"

// TestFirstBoot goes from a fresh Debian to the moment before the reboot.
func TestFirstBoot(t *testing.T) {
	onlyInside(t)
	scene(t, "OnlyGroupsOfTheSecondVersion", onlyGroupsOfTheSecondVersion)
	scene(t, "AdministratorRaisesOneSetting", administratorRaisesOne)
	scene(t, "PackageEnablesAndStarts", packageEnablesAndStarts)
	t.Run("SettingsAreRaisedNeverLowered", settingsAreRaisedNeverLowered)
	t.Run("UnitDelegates", unitDelegates)
	t.Run("UnitIsAsHardAsStated", unitIsAsHardAsStated)
	scene(t, "ModulesGoLive", modulesGoLive)
	t.Run("LimitsOfTheUnitAreInForce", limitsOfTheUnitAreInForce)
	t.Run("LimitsOfModulesAreInForce", limitsAreInForce)
	t.Run("WatchesAreAsAskedFor", watchesAreAsAskedFor)
	t.Run("SmallestLimitIsEnoughForABigFile", smallestLimitIsEnoughForABigFile)
	scene(t, "ModuleOverItsLimitDiesAlone", moduleOverItsLimitDiesAlone)
	t.Run("ReloadFindsItsPlaceBesideTheGroups", reloadFindsItsPlace)
	scene(t, "KilledSupervisorLimitsAgain", killedSupervisorLimitsAgain)
	scene(t, "TargetIsAwayBeforeTheReboot", targetIsAway)
}

// TestSecondBoot goes on after the kernel has been started anew. Nobody has
// logged in.
func TestSecondBoot(t *testing.T) {
	onlyInside(t)
	scene(t, "KernelWasStartedAnew", kernelWasStartedAnew)
	scene(t, "ServiceIsBack", serviceIsBack)
	t.Run("ServiceHadEndedInOrder", serviceHadEndedInOrder)
	t.Run("SettingsAreRaisedNeverLowered", settingsAreRaisedNeverLowered)
	t.Run("OwedFileArrives", func(t *testing.T) { untilArrived(t, "www", "owed.txt") })
	t.Run("NewFilesArrive", newFilesArrive)
	t.Run("LimitsOfModulesAreInForce", limitsAreInForce)
	t.Run("DeathIsRemembered", func(t *testing.T) { causeIsRemembered(t) })
}

func packageEnablesAndStarts(t *testing.T) {
	run(t, "dpkg", "-i", "/root/syncsvc.deb")
	if out, _ := try("systemctl", "is-enabled", "syncsvc"); out != "enabled" {
		t.Errorf("it is %s", out)
	}
	if out, _ := try("systemctl", "is-active", "syncsvc"); out != "active" {
		t.Fatalf("it is %s\n%s", out, run(t, "journalctl", "-u", "syncsvc", "--no-pager"))
	}
}

func modulesGoLive(t *testing.T) {
	receiver(t)
	addModules(t)
	untilLive(t)
	for name := range modules {
		untilArrived(t, name, "first.txt")
	}
}

func watchesAreAsAskedFor(t *testing.T) {
	want := map[string]string{"www": "inotify", "bbs": "inotify", "docs": "fanotify"}
	for name, m := range everybody(t) {
		if got := m.Status.Backend; got != want[name] {
			t.Errorf("%s is watched by %s, want %s: %s", name, got, want[name], m.Status.BackendWhy)
		}
		mirrors(t, name, "deep/in/new/folders.txt")
	}
}

// reloadFindsItsPlace: systemd starts ExecReload in the unit, whose own group
// takes no processes any more.
func reloadFindsItsPlace(t *testing.T) {
	before := everybody(t)
	run(t, "systemctl", "reload", "syncsvc")
	for name, m := range everybody(t) {
		if m.Pid != before[name].Pid {
			t.Errorf("%s was restarted by a reload without changes", name)
		}
	}
}

// killedSupervisorLimitsAgain: what it left behind is gone, and controllers that
// the unit's group still had turned on are no obstacle.
func killedSupervisorLimitsAgain(t *testing.T) {
	before, old := everybody(t), mainPID(t)
	if err := syscall.Kill(old, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, "systemd has started it again", func() (bool, string) {
		state := property(t, "ActiveState")
		return state == "active" && property(t, "NRestarts") == "1", state
	})
	untilLive(t)
	for name, m := range before {
		if lives(m.Pid) {
			t.Errorf("%s of the killed supervisor lives", name)
		}
	}
	limitsAreInForce(t)
	newFilesArrive(t)
}

// targetIsAway leaves something owed over the reboot.
func targetIsAway(t *testing.T) {
	run(t, "systemctl", "stop", "rsync.service")
	write(t, "/srv/www/owed.txt", "written before the reboot", 0o644)
	until(t, "www owes it", func() (bool, string) {
		m := everybody(t)["www"]
		return m.Owed > 0, string(m.State)
	})
	write(t, lastBoot, bootID(t), 0o600)
}

func kernelWasStartedAnew(t *testing.T) {
	if before, now := read(t, lastBoot), bootID(t); before == now {
		t.Fatalf("it is still boot %s", now)
	}
	if who, _ := try("who"); who != "" {
		t.Errorf("somebody has logged in: %s", who)
	}
}

func serviceIsBack(t *testing.T) {
	until(t, "the service is active", func() (bool, string) {
		out, _ := try("systemctl", "is-active", "syncsvc")
		return out == "active", out
	})
	untilLive(t)
}

func serviceHadEndedInOrder(t *testing.T) {
	out := run(t, "journalctl", "-b", "-1", "-u", "syncsvc", "--no-pager", "-n", "40")
	if !strings.Contains(out, "Deactivated successfully") || strings.Contains(out, "left-over") {
		t.Errorf("at the end of the first boot:\n%s", out)
	}
}

func newFilesArrive(t *testing.T) {
	for name := range modules {
		mirrors(t, name, "new-"+bootID(t)[:8]+".txt")
	}
}

func causeIsRemembered(t *testing.T) {
	deaths := everybody(t)["bbs"].Deaths
	if len(deaths) == 0 || !strings.Contains(deaths[0].Cause, "memory_max") {
		t.Errorf("deaths: %+v", deaths)
	}
	if _, err := os.Stat("/root/eaten"); err != nil {
		t.Error(err)
	}
}
