package lib_test

import (
	"os"
	"strings"
	"testing"
)

const (
	limits    = "proc/fs/inotify/"
	untilBoot = "run/sysctl.d/00-syncsvc.conf"
)

// newKernel is a sandbox with limits as given, and the packaged wishes.
func newKernel(t *testing.T, watches, instances, events string) *sandbox {
	t.Helper()
	ours, err := os.ReadFile("../etc/sysctl.conf")
	if err != nil {
		t.Fatal(err)
	}
	s := newSandbox(t)
	s.write("sysctl.d/00-syncsvc.conf", string(ours))
	s.write(limits+"max_user_watches", watches)
	s.write(limits+"max_user_instances", instances)
	s.write(limits+"max_queued_events", events)
	s.cover("sysctl.d", "/usr/lib/sysctl.d")
	s.cover("run", "/run")
	s.cover("proc", "/proc/sys")
	return s
}

func (s *sandbox) limits() string {
	s.t.Helper()
	names := []string{"max_user_watches", "max_user_instances", "max_queued_events"}
	var all []string
	for _, name := range names {
		all = append(all, strings.TrimSpace(s.read(limits+name)))
	}
	return strings.Join(all, " ")
}

func TestLimitsAreRaisedAtOnce(t *testing.T) {
	s := newKernel(t, "65536", "128", "16384")
	if out := s.run(script(t, "raise-limits")); out != "" {
		t.Errorf("it says %q", out)
	}
	if got, want := s.limits(), "1048576 1024 131072"; got != want {
		t.Errorf("limits are %s, want %s", got, want)
	}
	if _, err := os.Stat(s.path(untilBoot)); err == nil {
		t.Error("a file in /run hides the packaged one for no reason")
	}
}

// Debian 13 applies all of sysctl.d right after a package brought a file there.
func TestLimitSetHigherByHandStays(t *testing.T) {
	s := newKernel(t, "4000000", "128", "16384")
	s.run(script(t, "raise-limits"))
	if got, want := s.limits(), "4000000 1024 131072"; got != want {
		t.Errorf("limits are %s, want %s", got, want)
	}
	want := "fs.inotify.max_user_watches = 4000000\n" +
		"fs.inotify.max_user_instances = 1024\n" +
		"fs.inotify.max_queued_events = 131072\n"
	if got := s.read(untilBoot); got != want {
		t.Errorf("until the next boot sysctl.d says\n%swant\n%s", got, want)
	}
}

func TestLimitsThatAreNotOursAreNoError(t *testing.T) {
	s := newKernel(t, "65536", "128", "16384")
	s.make = append(s.make, "mount -o remount,bind,ro /proc/sys")
	if out := s.run(script(t, "raise-limits")); out != "" {
		t.Errorf("it says %q", out)
	}
	if got, want := s.limits(), "65536 128 16384"; got != want {
		t.Errorf("limits are %s, want %s", got, want)
	}
}

// apk runs scripts with whatever mask and environment it was called with.
func TestLimitsFileIsNobodyElses(t *testing.T) {
	s := newKernel(t, "4000000", "128", "16384")
	s.run("umask 0", "text='kernel.core_pattern = |/tmp/x'", "export text", script(t, "raise-limits"))
	if got := s.read(untilBoot); strings.Contains(got, "core_pattern") {
		t.Errorf("a variable of the environment got into the file:\n%s", got)
	}
	for _, name := range []string{"run/sysctl.d", untilBoot} {
		info, err := os.Stat(s.path(name))
		if err != nil || info.Mode()&0o022 != 0 {
			t.Errorf("%s: others can write to it: %v, %v", name, info, err)
		}
	}
}
