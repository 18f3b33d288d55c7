package guest_test

import (
	"fmt"
	"strings"
	"testing"
)

// What the package asks for, and what this machine's administrator had set
// before: more of the one, nothing of the other, less than the package's of the
// third in force at the moment.
const (
	watches, siteWatches = "fs/inotify/max_user_watches", 2097152
	instances            = "fs/inotify/max_user_instances"
	queue                = "fs/inotify/max_queued_events"
	siteFile             = "/etc/sysctl.d/99-site.conf"
)

var wanted = map[string]int{watches: siteWatches, instances: 1024, queue: 131072}

// administratorRaisesOne sets more than the package would.
func administratorRaisesOne(t *testing.T) {
	write(t, siteFile, fmt.Sprintf("fs.inotify.max_user_watches = %d\n", siteWatches), 0o644)
	run(t, "systemctl", "restart", "systemd-sysctl.service")
	if got := sysctl(t, watches); got != siteWatches {
		t.Fatalf("%s is %d", watches, got)
	}
	if got := sysctl(t, instances); got >= wanted[instances] {
		t.Fatalf("%s is %d already: nothing to raise", instances, got)
	}
}

// settingsAreRaisedNeverLowered holds after the installation and after a boot.
func settingsAreRaisedNeverLowered(t *testing.T) {
	for key, want := range wanted {
		if got := sysctl(t, key); got != want {
			t.Errorf("%s is %d, want %d", key, got, want)
		}
	}
}

func limitsOfTheUnitAreInForce(t *testing.T) {
	pid := mainPID(t)
	for line := range strings.Lines(read(t, fmt.Sprintf("/proc/%d/limits", pid))) {
		if rest, ok := strings.CutPrefix(line, "Max open files"); ok {
			if got := strings.Fields(rest); got[0] != "524288" || got[1] != "524288" {
				t.Errorf("open files: %v", got)
			}
		}
	}
	if got := read(t, fmt.Sprintf("/proc/%d/oom_score_adj", pid)); got != "-200" {
		t.Errorf("the supervisor's oom_score_adj is %s", got)
	}
	for name, m := range everybody(t) {
		if got := read(t, fmt.Sprintf("/proc/%d/oom_score_adj", m.Pid)); got != "0" {
			t.Errorf("%s is spared by the kernel, too: oom_score_adj %s", name, got)
		}
	}
}

// unitIsAsHardAsStated compares systemd's own judgement, from 0 to 10, with the
// comment in the unit.
func unitIsAsHardAsStated(t *testing.T) {
	out, _ := try("systemd-analyze", "security", "--no-pager", "syncsvc.service")
	_, last, _ := strings.Cut(out, "Overall exposure level for syncsvc.service: ")
	_, version, _ := strings.Cut(run(t, "systemctl", "--version"), "systemd ")
	stated := strings.Fields(last + " ?")[0] + " with systemd " + strings.Fields(version + " ?")[0]
	if unit := property(t, "FragmentPath"); !strings.Contains(read(t, unit), stated) {
		t.Errorf("systemd-analyze security says %q; %s does not", stated, unit)
	}
	t.Log(stated)
}
