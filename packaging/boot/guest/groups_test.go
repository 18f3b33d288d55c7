package guest_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/control"
)

// onlyGroupsOfTheSecondVersion: else nothing that follows would prove anything.
func onlyGroupsOfTheSecondVersion(t *testing.T) {
	var fs unix.Statfs_t
	if err := unix.Statfs("/sys/fs/cgroup", &fs); err != nil {
		t.Fatal(err)
	}
	if fs.Type != unix.CGROUP2_SUPER_MAGIC {
		t.Fatalf("/sys/fs/cgroup is a file system of type %#x", fs.Type)
	}
	have := strings.Fields(read(t, "/sys/fs/cgroup/cgroup.controllers"))
	for _, c := range []string{"cpu", "memory", "pids"} {
		if !slices.Contains(have, c) {
			t.Errorf("no %s controller: %v", c, have)
		}
	}
}

func unitDelegates(t *testing.T) {
	if got := property(t, "Delegate"); got != "yes" {
		t.Errorf("Delegate=%s", got)
	}
	if got := strings.Fields(property(t, "DelegateControllers")); !slices.Contains(got, "memory") {
		t.Errorf("DelegateControllers=%v", got)
	}
	if got := property(t, "OOMPolicy"); got != "continue" {
		t.Errorf("OOMPolicy=%s", got)
	}
}

// limitsAreInForce looks at the control groups of all modules.
func limitsAreInForce(t *testing.T) {
	unit := filepath.Join("/sys/fs/cgroup", property(t, "ControlGroup"))
	if got := groupOf(t, mainPID(t)); got != filepath.Join(unit, "main") {
		t.Errorf("the supervisor is in %s, where modules cannot have limits beside it", got)
	}
	if got := strings.Fields(read(t, filepath.Join(unit, "cgroup.subtree_control"))); !slices.Contains(got, "memory") {
		t.Errorf("the unit's groups have %v, no memory", got)
	}
	for name, m := range everybody(t) {
		moduleIsInItsGroup(t, unit, name, m)
	}
}

func moduleIsInItsGroup(t *testing.T, unit, name string, m control.Module) {
	t.Helper()
	dir := groupOf(t, m.Pid)
	if filepath.Base(dir) != "i-"+name || !strings.HasPrefix(dir, unit+"/") {
		t.Errorf("%s: process %d is in %s", name, m.Pid, dir)
	}
	if got := read(t, filepath.Join(dir, "memory.max")); got != limits[name] {
		t.Errorf("%s: memory.max is %s, want %s", name, got, limits[name])
	}
	want := "1" // they die together
	if limits[name] == "max" {
		want = "0"
	}
	if got := read(t, filepath.Join(dir, "memory.oom.group")); got != want {
		t.Errorf("%s: memory.oom.group is %s, want %s", name, got, want)
	}
	t.Logf("%s: %s of %s bytes", name, read(t, filepath.Join(dir, "memory.current")), limits[name])
}
