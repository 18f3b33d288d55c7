package instance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/compare"
	"github.com/syncsvc/syncsvc/control"
)

// mount puts a fresh tmpfs at a folder, or makes it private and skips the test
// where that is not allowed.
func (m *mirror) mount(path string) {
	m.Helper()
	m.mkdir(path)
	if err := unix.Mount("tmpfs", path, "tmpfs", 0, "mode=755"); err != nil {
		m.Skipf("can't mount here: %v", err)
	}
	m.Cleanup(func() { m.unmount(path) })
}

// bind shows folder from at path to.
func (m *mirror) bind(from, to string) {
	m.Helper()
	m.must(unix.Mount(from, to, "", unix.MS_BIND, ""))
	m.Cleanup(func() { m.unmount(to) })
}

// unmount takes away whatever is mounted on top, though it is in use.
func (m *mirror) unmount(path string) {
	_ = unix.Unmount(path, unix.MNT_DETACH)
}

// waitsForSource checks that sending has stopped for a reason that people
// understand, and that the targets are as they were.
func (m *mirror) waitsForSource(reason string) {
	m.Helper()
	m.until("it waits for the source because of "+reason, func() bool {
		st := m.status()
		return st.State == control.WaitingSource && strings.Contains(st.Reason, reason) && st.Hint != ""
	})
	m.kept(0)
}

// kept checks that a target has every file of before.
func (m *mirror) kept(target int) {
	m.Helper()
	for i := range 10 {
		if !m.has(target, fmt.Sprintf("d/f%d", i), fmt.Sprint(i)) {
			m.Errorf("d/f%d was deleted from the target", i)
		}
	}
}

// fill writes the files that kept looks for.
func (m *mirror) fill() {
	m.Helper()
	for i := range 10 {
		m.put(fmt.Sprintf("d/f%d", i), fmt.Sprint(i))
	}
}

// TestSourceThatGoesAwayAndComesBack: nothing is deleted, and when it is back,
// what changed meanwhile arrives by a scan and live changes arrive again.
func TestSourceThatGoesAwayAndComesBack(t *testing.T) {
	for name, way := range map[string]struct {
		reason string
		away   func(m *mirror)
		back   func(m *mirror)
	}{
		"renamed": {
			"no such file",
			func(m *mirror) { m.must(os.Rename(m.source, m.source+".away")) },
			func(m *mirror) {
				m.must(os.WriteFile(m.source+".away/meanwhile", []byte("2"), 0o644))
				m.must(os.Rename(m.source+".away", m.source))
			},
		},
		"unmounted": {
			"another file system",
			func(m *mirror) { m.unmount(m.source) },
			func(m *mirror) {
				m.must(os.WriteFile(filepath.Join(m.dir, "disk/meanwhile"), []byte("2"), 0o644))
				m.bind(filepath.Join(m.dir, "disk"), m.source)
			},
		},
		"covered": {
			"another file system",
			func(m *mirror) { m.mount(m.source) },
			func(m *mirror) {
				m.unmount(m.source)
				m.put("meanwhile", "2")
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMirror(t, 1)
			if name == "unmounted" {
				m.mount(filepath.Join(m.dir, "disk"))
				m.bind(filepath.Join(m.dir, "disk"), m.source)
			}
			m.fill()
			m.start().settled()
			way.away(m)
			m.waitsForSource(way.reason)
			way.back(m)
			m.untilState(control.Live)
			m.settled()
			m.put("live", "3")
			m.must(os.Remove(m.src("d/f3")))
			m.settled()
			if n := m.fullSyncs(); n != 1 {
				t.Errorf("%d full syncs, want only the first", n)
			}
		})
	}
}

// TestStartWithoutTheSourceMounted: the folder under a mount point is no tree
// that somebody emptied.
func TestStartWithoutTheSourceMounted(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.mount(m.source)
	m.fill()
	m.start().settled()
	m.stop()
	m.unmount(m.source)
	m.start()
	m.waitsForSource("another file system")
	m.kill()
	m.start()
	m.waitsForSource("another file system")
	m.put("moved-here", "1")
	m.post("/v1/approve", control.TargetRequest{})
	m.until("the new tree is sent", func() bool { return m.has(0, "moved-here", "1") })
	st := m.untilState(control.Held)
	if st.Targets[0].Held < 10 {
		t.Errorf("%d deletions held, want those of 10 files at least", st.Targets[0].Held)
	}
	m.kept(0)
	m.post("/v1/approve", control.TargetRequest{})
	m.settled()
	m.again(func() {})
	m.caughtUp()
}

// TestRootReplacedByAnotherFolder: a deploy that swaps folders is followed, but
// every deletion waits for a person.
func TestRootReplacedByAnotherFolder(t *testing.T) {
	for name, replace := range map[string]func(m *mirror){
		"running": func(m *mirror) { m.swapRoot() },
		"down":    func(m *mirror) { m.kill(); m.swapRoot(); m.start() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMirror(t, 2, "max_delete: off")
			m.fill()
			m.start().settled()
			m.untilUpto(time.Now())
			replace(m)
			m.until("the new tree is sent", func() bool { return m.has(0, "v2/new", "1") && m.has(1, "v2/new", "1") })
			m.untilAllHeld()
			m.put("v2/live", "2")
			m.until("live changes flow", func() bool { return m.has(0, "v2/live", "2") && m.has(1, "v2/live", "2") })
			m.kept(0)
			m.kept(1)
			m.kill()
			m.start()
			m.untilAllHeld()
			m.untilNothingOwed()
			m.kept(0)
			m.post("/v1/approve", control.TargetRequest{Target: m.urls[0]})
			m.until("the first target is alike", func() bool { return m.status().Targets[0].Held == 0 && m.status().Targets[0].Owed == 0 })
			m.same(m.targets[0])
			m.kept(1)
			m.post("/v1/approve", control.TargetRequest{})
			m.settled()
		})
	}
}

// untilAllHeld waits until every target holds deletions.
func (m *mirror) untilAllHeld() {
	m.Helper()
	m.until("deletions are held everywhere", func() bool {
		for _, target := range m.status().Targets {
			if target.Held == 0 {
				return false
			}
		}
		return true
	})
}

// untilNothingOwed waits until nothing is missing but what is held.
func (m *mirror) untilNothingOwed() {
	m.Helper()
	m.until("nothing is owed", func() bool {
		for _, target := range m.status().Targets {
			if target.Owed != 0 || target.State == control.Scanning {
				return false
			}
		}
		return true
	})
}

func (m *mirror) swapRoot() {
	m.Helper()
	next := m.source + ".next"
	m.mkdir(filepath.Join(next, "v2"))
	m.must(os.WriteFile(filepath.Join(next, "v2/new"), []byte("1"), 0o644))
	m.must(unix.Renameat2(unix.AT_FDCWD, m.source, unix.AT_FDCWD, next, unix.RENAME_EXCHANGE))
}

// TestRootReplacedByAnEmptyFolder is what rm -r and mkdir leave when they are
// faster than anybody can look.
func TestRootReplacedByAnEmptyFolder(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.fill()
	m.start().settled()
	m.must(os.Rename(m.source, m.source+".old"))
	m.mkdir(m.source)
	m.untilState(control.Held)
	m.kept(0)
	m.must(os.Remove(m.source))
	m.waitsForSource("no such file")
	m.must(os.Rename(m.source+".old", m.source))
	m.untilState(control.Live)
	m.settled()
	m.kept(0)
}

// TestWhatWasOwedWhenTheRootWasReplacedIsHeld: names that were deleted in the
// old root are missing in the new one too, but so is everything.
func TestWhatWasOwedWhenTheRootWasReplacedIsHeld(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "max_delete: off")
	m.fill()
	m.start().settled()
	m.post("/v1/pause", control.TargetRequest{})
	for i := range 10 {
		m.must(os.Remove(m.src(fmt.Sprintf("d/f%d", i))))
	}
	m.until("the deletions are owed", func() bool { return m.status().Targets[0].Owed >= 10 })
	m.swapRoot()
	m.until("the new root is watched", func() bool { return strings.Contains(m.output.String(), "another one than before") })
	m.post("/v1/resume", control.TargetRequest{})
	m.until("the new tree is sent", func() bool { return m.has(0, "v2/new", "1") })
	m.untilAllHeld()
	m.untilNothingOwed()
	m.kept(0)
	m.post("/v1/approve", control.TargetRequest{})
	m.settled()
}

// TestInnerMountThatGoesAway: what a file system mounted inside the tree held
// was not deleted when it is unmounted.
func TestInnerMountThatGoesAway(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.fill()
	m.mkdir(filepath.Join(m.dir, "disk"))
	m.mount(filepath.Join(m.dir, "disk"))
	m.mkdir(m.src("inner"))
	m.bind(filepath.Join(m.dir, "disk"), m.src("inner"))
	m.put("inner/deep/f", "1")
	m.put("inner/g", "1")
	m.start().settled()
	m.unmount(m.src("inner"))
	st := m.untilState(control.Degraded)
	if !strings.Contains(st.Reason, "inner") || st.Hint == "" {
		t.Errorf("reason %q, hint %q", st.Reason, st.Hint)
	}
	m.compareAll()
	m.put("d/live", "3")
	m.until("changes elsewhere arrive", func() bool { return m.has(0, "d/live", "3") })
	m.untilNothingOwed()
	m.innerKept()
	m.kill()
	m.start()
	m.untilState(control.Degraded)
	m.until("the scan is done", func() bool { return m.status().Scans > 0 })
	m.compareAll()
	m.innerKept()
	m.must(os.Remove(m.src("inner")))
	m.until("the deletion of the mount point waits", func() bool { return m.status().Targets[0].Failing == 1 })
	m.innerKept()
	m.mkdir(m.src("inner"))
	m.must(os.WriteFile(filepath.Join(m.dir, "disk/meanwhile"), []byte("4"), 0o644))
	m.must(os.Remove(filepath.Join(m.dir, "disk/g")))
	m.bind(filepath.Join(m.dir, "disk"), m.src("inner"))
	m.untilState(control.Live)
	m.untilAlike() // that something was mounted is noticed in a moment
	m.put("inner/deep/live", "5")
	m.untilAlike()
}

// untilAlike waits until the target is as the source.
func (m *mirror) untilAlike() {
	m.Helper()
	m.until("all is alike", func() bool {
		diff, _, err := compare.Trees(m.source, m.targets[0], strictly)
		return err == nil && len(diff) == 0
	})
}

// compareAll asks for a full compare and waits until it is done.
func (m *mirror) compareAll() {
	m.Helper()
	before := m.fullSyncs()
	m.post("/v1/sync", control.SyncRequest{})
	m.until("the full compare is done", func() bool { return m.fullSyncs() > before })
}

func (m *mirror) innerKept() {
	m.Helper()
	if !m.has(0, "inner/deep/f", "1") || !m.has(0, "inner/g", "1") {
		m.Fatal("what the unmounted file system held was deleted from the target")
	}
	if !m.has(0, "d/live", "3") {
		m.Error("changes elsewhere did not arrive")
	}
}

// TestInnerMountThatIsGoneForGood: approval makes it an ordinary folder.
func TestInnerMountThatIsGoneForGood(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.mount(m.src("inner"))
	m.put("inner/f", "1")
	m.start().settled()
	m.unmount(m.src("inner"))
	m.untilState(control.Degraded)
	m.post("/v1/approve", control.TargetRequest{})
	m.until("what it held is deleted", func() bool { return !m.has(0, "inner/f", "1") })
	m.untilState(control.Live)
	m.settled()
}

// TestRootRemovedWithAllThatIsInIt: its files go first, but nothing of it is
// deleted on a target.
func TestRootRemovedWithAllThatIsInIt(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.many(300)
	m.start().settled()
	// Its files may be gone for long before it is, when the machine is busy.
	m.must(m.cmd.Process.Signal(syscall.SIGSTOP))
	m.must(os.RemoveAll(m.source))
	m.must(m.cmd.Process.Signal(syscall.SIGCONT))
	m.untilState(control.WaitingSource)
	if n := m.missing(0, 300); n != 0 {
		t.Errorf("%d files were deleted from the target", n)
	}
}
