package instance_test

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/syncsvc/syncsvc/control"
)

// TestQueueOverflowIsRepairedByAScan: the kernel drops events when nobody reads
// them; nothing may be missing for that.
func TestQueueOverflowIsRepairedByAScan(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "backend: inotify")
	m.put("kept/a", "1")
	m.put("deleted/a", "1")
	m.start().settled()
	m.untilUpto(m.status().Started)
	before := m.status()
	m.must(m.cmd.Process.Signal(syscall.SIGSTOP))
	m.flood()
	m.put("late/b", "2")
	m.must(os.RemoveAll(m.src("deleted")))
	m.must(os.Rename(m.src("kept"), m.src("renamed")))
	m.must(m.cmd.Process.Signal(syscall.SIGCONT))
	m.settled()
	st := m.status()
	if st.Overflows < 1 {
		t.Error("the queue did not overflow")
	}
	if st.Scans <= before.Scans {
		t.Error("no scan followed")
	}
	if n := st.Targets[0].Counters.FullSyncs; n != 1 {
		t.Errorf("%d full syncs, want only the first", n)
	}
}

// flood makes more events than the kernel's queue takes.
func (m *mirror) flood() {
	m.Helper()
	text, err := os.ReadFile("/proc/sys/fs/inotify/max_queued_events")
	m.must(err)
	limit, err := strconv.Atoi(strings.TrimSpace(string(text)))
	m.must(err)
	m.put("flood", "")
	for i := range limit + 100 {
		// Events that are alike and follow each other become one.
		m.must(os.Chmod(m.src([]string{"flood", "."}[i%2]), os.FileMode(0o700|i/2%2)))
	}
	m.must(os.Chmod(m.src("."), 0o755))
}

// TestOutOfWatches: the rest of the tree is polled, and status says what would
// help.
func TestOutOfWatches(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "backend: inotify", "poll_every: 1s")
	for i := range 40 {
		m.put(fmt.Sprintf("d%d/f", i), "1")
	}
	m.confine(20)
	m.start()
	m.settled()
	st := m.untilState(control.Degraded)
	if len(st.Polled) == 0 || st.PolledAll == 0 {
		t.Errorf("no folder is polled: %+v", st)
	}
	if !strings.Contains(st.WatchHint, "max_inotify_watches=") || !strings.Contains(st.Hint, "sysctl") {
		t.Errorf("hint %q, watch hint %q", st.Hint, st.WatchHint)
	}
	for i := range 40 {
		m.put(fmt.Sprintf("d%d/new", i), "2")
		m.must(os.Remove(m.src(fmt.Sprintf("d%d/f", i))))
		m.put(fmt.Sprintf("made%d/deep/f", i), "3")
	}
	m.settled()
	if n := m.fullSyncs(); n != 1 {
		t.Errorf("%d full syncs, want only the first", n)
	}
}

// confine makes the process start in a user namespace of its own with no more
// than so many watches; nobody else on the machine notices.
func (m *mirror) confine(watches int) {
	m.Helper()
	all := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 65536}}
	m.attr = &syscall.SysProcAttr{
		Setpgid: true, Cloneflags: syscall.CLONE_NEWUSER, UidMappings: all, GidMappings: all,
		GidMappingsEnableSetgroups: true,
	}
	try := exec.Command("true")
	try.SysProcAttr = m.attr
	if err := try.Run(); err != nil {
		m.Skipf("no user namespace here: %v", err)
	}
	m.env = append(m.env, watchesEnv+"="+strconv.Itoa(watches))
}

// watchesEnv tells the process how many watches its namespace allows.
const watchesEnv = "SYNCSVC_TEST_WATCHES"

// limitWatches is what the process does about it before anything else.
func limitWatches() error {
	n := os.Getenv(watchesEnv)
	if n == "" {
		return nil
	}
	if err := os.WriteFile("/proc/sys/user/max_inotify_watches", []byte(n), 0); err != nil {
		return fmt.Errorf("limit the watches of the namespace: %w", err)
	}
	return nil
}
