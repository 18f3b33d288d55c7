package instance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// many writes n files in folders of ten.
func (m *mirror) many(n int) {
	m.Helper()
	for i := range n {
		m.put(manyPath(i), fmt.Sprint(i))
	}
}

func manyPath(i int) string { return fmt.Sprintf("m%d/f%d", i/10, i) }

// missing counts those of the n files that a target lacks.
func (m *mirror) missing(target, n int) (gone int) {
	for i := range n {
		if !m.has(target, manyPath(i), fmt.Sprint(i)) {
			gone++
		}
	}
	return gone
}

func (m *mirror) remove(from, to int) {
	m.Helper()
	for i := from; i < to; i++ {
		m.must(os.Remove(m.src(manyPath(i))))
	}
}

// removeAtOnce removes files so that one job has to delete them all.
func (m *mirror) removeAtOnce(from, to int) {
	m.Helper()
	m.post("/v1/pause", control.TargetRequest{})
	m.remove(from, to)
	m.until("all deletions are owed", func() bool { return m.status().Targets[0].Owed >= to-from })
	m.post("/v1/resume", control.TargetRequest{})
}

// vanish takes a folder out of the source at once. What is removed name by name
// may be deleted name by name, when the machine is so busy that it takes long.
func (m *mirror) vanish(path string) {
	m.Helper()
	m.mkdir(m.attic("."))
	m.must(os.Rename(m.src(path), m.attic(path)))
}

// TestDeletionsOverACountAreHeld: live ones too, all of them or none; what is
// written meanwhile goes on, and a crash changes nothing.
func TestDeletionsOverACountAreHeld(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "max_delete: 5")
	m.many(30)
	m.start().settled()
	m.remove(0, 3) // within the limit
	m.settled()
	m.removeAtOnce(3, 13)
	st := m.untilState(control.Held)
	if n := st.Targets[0].Held; n != 10 {
		t.Errorf("%d deletions are held, want 10", n)
	}
	if !strings.Contains(st.Reason, "wait for approval") || !strings.Contains(st.Hint, "syncsvc approve") {
		t.Errorf("reason %q, hint %q", st.Reason, st.Hint)
	}
	m.put("m9/addition", "1")
	m.until("additions arrive", func() bool { return m.has(0, "m9/addition", "1") })
	m.untilNothingOwed()
	const gone = 3
	if n := m.missing(0, 30); n != gone {
		t.Errorf("%d files are gone from the target, want %d", n, gone)
	}
	for _, end := range []func(){m.stop, m.kill} {
		end()
		m.start()
		m.until("the scan is done", func() bool { return m.status().Scans > 0 })
		m.untilNothingOwed()
		if n := m.missing(0, 30); n != gone {
			t.Fatalf("%d files are gone after a restart, %d before", n, gone)
		}
		if n := m.status().Targets[0].Held; n != 10 {
			t.Errorf("%d deletions are held after a restart, want 10", n)
		}
	}
	m.post("/v1/approve", control.TargetRequest{})
	m.settled()
}

// TestApprovedDeletionsSurviveACrash: they are not forgotten before they are
// made.
func TestApprovedDeletionsSurviveACrash(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "max_delete: 5")
	m.many(20)
	m.start().settled()
	m.removeAtOnce(0, 10)
	m.until("ten are held", func() bool { return m.status().Targets[0].Held == 10 })
	m.untilUpto(time.Now())
	m.daemon.Stop()
	m.post("/v1/approve", control.TargetRequest{})
	m.untilState(control.Backoff)
	m.untilSavedTwice()
	m.kill()
	m.must(m.daemon.Restart())
	m.start()
	m.until("they are held again", func() bool { return m.status().Targets[0].Held == 10 })
	m.post("/v1/approve", control.TargetRequest{})
	m.settled()
}

// untilSavedTwice waits until what is kept on disk is surely of now.
func (m *mirror) untilSavedTwice() {
	m.Helper()
	began := time.Now()
	m.until("two seconds have passed", func() bool { return time.Since(began) > 2*time.Second })
}

// TestHeldDeletionsAreForgottenWhenTheFilesAreBack: nobody has to approve what
// does not happen.
func TestHeldDeletionsAreForgottenWhenTheFilesAreBack(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "max_delete: 5")
	m.many(20)
	m.start().settled()
	m.removeAtOnce(0, 10)
	m.until("ten are held", func() bool { return m.status().Targets[0].Held == 10 })
	m.many(10)
	m.untilState(control.Live)
	m.settled()
}

// TestMostOfTheTreeDeletedWhileDown: the default holds it, since nobody saw it
// happen.
func TestMostOfTheTreeDeletedWhileDown(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 2)
	m.many(300)
	m.start().settled()
	m.untilUpto(time.Now())
	m.stop()
	m.remove(0, 180)
	m.put("m29/addition", "1")
	m.start()
	m.untilAllHeld()
	m.untilNothingOwed()
	for i := range m.targets {
		if n := m.missing(i, 300); n != 0 {
			t.Errorf("%d files were deleted from target %d", n, i)
		}
		if !m.has(i, "m29/addition", "1") {
			t.Errorf("the addition did not arrive at target %d", i)
		}
	}
	m.caughtUp()
	m.post("/v1/approve", control.TargetRequest{})
	m.settled()
}

// TestMostOfTheTreeDeletedLive passes by default: somebody did it.
func TestMostOfTheTreeDeletedLive(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.many(300)
	m.start().settled()
	for i := range 29 {
		m.must(os.RemoveAll(m.src(fmt.Sprintf("m%d", i))))
	}
	m.settled()
	m.stop()
	m.options = []string{"max_delete: off"}
	m.many(300)
	m.start().settled()
	m.untilUpto(time.Now())
	m.stop()
	m.remove(0, 290)
	m.start().settled()
}

// TestExtraFilesAtTheFirstFullSync: a target that holds much that the source
// does not know may be the wrong one.
func TestExtraFilesAtTheFirstFullSync(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 2)
	m.many(50)
	for i := range 150 {
		m.must(os.WriteFile(filepath.Join(m.targets[0], fmt.Sprint("foreign", i)), nil, 0o644))
	}
	m.must(os.WriteFile(filepath.Join(m.targets[1], "leftover"), nil, 0o644))
	m.start()
	m.until("the deletions are held", func() bool { return m.status().Targets[0].Held == 150 })
	if n := m.missing(0, 50); n != 0 {
		t.Errorf("%d files did not arrive", n)
	}
	m.until("a few extra files go", func() bool {
		_, err := os.Lstat(filepath.Join(m.targets[1], "leftover"))
		return os.IsNotExist(err)
	})
	m.post("/v1/approve", control.TargetRequest{})
	m.settled()
}

// TestWithoutDeletionsNothingIsEverDeleted: what can't be made alike without is
// in the fail list with a reason.
func TestWithoutDeletionsNothingIsEverDeleted(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "delete: false")
	m.many(20)
	m.put("becomes-file/f", "old")
	m.put("renamed/f", "old")
	m.must(os.WriteFile(filepath.Join(m.targets[0], "extra"), []byte("1"), 0o644))
	m.start().settle()
	m.must(os.Remove(m.src("m0/f0")))
	m.must(os.RemoveAll(m.src("m1")))
	m.must(os.Rename(m.src("renamed"), m.src("new-name")))
	m.must(os.RemoveAll(m.src("becomes-file")))
	m.put("becomes-file", "new")
	m.until("the new name arrives", func() bool { return m.has(0, "new-name/f", "old") })
	var st control.Target
	m.until("the file that can't arrive is in the fail list", func() bool {
		st = m.status().Targets[0]
		return st.Failing == 1 && len(st.FailList) == 1
	})
	if f := st.FailList[0]; f.Path != "becomes-file" || f.Reason == "" {
		t.Errorf("failing: %+v", f)
	}
	m.compareAll()
	if n := m.missing(0, 20); n != 0 || !m.has(0, "extra", "1") || !m.has(0, "renamed/f", "old") || !m.has(0, "becomes-file/f", "old") {
		t.Errorf("something was deleted from the target, %d files among them", n)
	}
}

// TestFolderThatBecomesAFileIsHeld: making way for the file deletes what is in
// the folder, which counts.
func TestFolderThatBecomesAFileIsHeld(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "max_delete: 5")
	m.many(10)
	m.start().settled()
	m.vanish("m0")
	m.put("m0", "a file now")
	m.put("other", "1")
	m.until("the rest arrives", func() bool { return m.has(0, "other", "1") })
	m.untilState(control.Held)
	if n := m.missing(0, 10); n != 0 {
		t.Errorf("%d files were deleted", n)
	}
	m.post("/v1/approve", control.TargetRequest{})
	m.settled()
}
