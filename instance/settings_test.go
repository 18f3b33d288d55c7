package instance_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/checkpoint"
)

// fullSyncs is how many the running process has made for its first target.
func (m *mirror) fullSyncs() int64 {
	m.Helper()
	return m.status().Targets[0].Counters.FullSyncs
}

// again stops the process, changes something and starts it again.
func (m *mirror) again(between func()) {
	m.Helper()
	m.stop()
	between()
	m.start().settled()
}

func TestChangedSettingsBringAFullSync(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.put("a/b", "1")
	m.start().settled()
	if n := m.fullSyncs(); n != 1 {
		t.Fatalf("%d full syncs at the first start, want 1", n)
	}
	m.again(func() {})
	m.caughtUp()
	m.again(func() { m.options = []string{`exclude: ["*.none"]`} })
	if n := m.fullSyncs(); n != 1 {
		t.Errorf("%d full syncs after the filters changed, want 1", n)
	}
	m.again(func() { m.options = append(m.options, `rsync: {args: ["-a", "-H"]}`) })
	if n := m.fullSyncs(); n != 1 {
		t.Errorf("%d full syncs after the rsync arguments changed, want 1", n)
	}
	m.again(func() { m.options = append(m.options, "threads: 4", "max_delete: 20%") })
	m.caughtUp()
}

// TestDamagedCheckpointBringsAFullSync: whatever is in the file, the module
// starts, says so and repairs it.
func TestDamagedCheckpointBringsAFullSync(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.put("a/b", "1")
	m.start().settled()
	for name, damage := range map[string]func(mark string) error{
		"empty":   func(mark string) error { return os.Truncate(mark, 0) },
		"cut":     func(mark string) error { return os.Truncate(mark, 60) },
		"foreign": func(mark string) error { return os.WriteFile(mark, []byte("{}\nhello\n"), 0o600) },
	} {
		m.again(func() {
			m.put("a/"+name, name)
			m.must(damage(m.markFile()))
		})
		if n := m.fullSyncs(); n != 1 {
			t.Errorf("%s: %d full syncs, want 1", name, n)
		}
		if log := m.output.String(); !strings.Contains(log, "checkpoint is damaged, a full sync will follow") {
			t.Errorf("%s: the log does not say so:\n%s", name, log)
		}
	}
	m.again(func() {})
	m.caughtUp()
}

// markFile is the checkpoint of the only target.
func (m *mirror) markFile() string {
	m.Helper()
	found, err := filepath.Glob(filepath.Join(m.state, "www", "*.mark.json"))
	if err != nil || len(found) != 1 {
		m.Fatalf("checkpoints: %q, %v", found, err)
	}
	return found[0]
}

// TestClockThatStepsBackBringsAFullSync: a change may then carry a time before
// the checkpoint. Afterwards the checkpoint is one of the new time.
func TestClockThatStepsBackBringsAFullSync(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.put("a/b", "1")
	m.start().settled()
	m.again(func() { m.shiftMark(time.Hour) })
	if n := m.fullSyncs(); n != 1 {
		t.Errorf("%d full syncs after the clock stepped back, want 1", n)
	}
	m.again(func() {})
	m.caughtUp()
	if upto := m.mark().Upto; upto.After(time.Now()) {
		t.Errorf("the checkpoint is still of the time before the step: %s", upto)
	}
}

func (m *mirror) mark() checkpoint.Mark {
	m.Helper()
	mark, err := m.checkpoints().Load(m.urls[0])
	m.must(err)
	return mark
}

func (m *mirror) checkpoints() *checkpoint.Store {
	m.Helper()
	store, err := checkpoint.Open(filepath.Join(m.state, "www"))
	m.must(err)
	return store
}

// shiftMark makes the checkpoint one of a clock that was ahead by d.
func (m *mirror) shiftMark(d time.Duration) {
	m.Helper()
	mark := m.mark()
	mark.Upto, mark.Clock.Wall = mark.Upto.Add(d), mark.Clock.Wall.Add(d)
	m.must(m.checkpoints().Forget(m.urls[0]))
	m.must(m.checkpoints().Save(m.urls[0], mark))
}

func TestFullSyncOnStart(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "full_sync: on-start")
	m.put("a/b", "1")
	m.start().settled()
	m.again(func() { m.must(os.Remove(filepath.Join(m.targets[0], "a/b"))) })
	if n := m.fullSyncs(); n != 1 {
		t.Errorf("%d full syncs, want 1", n)
	}
}

// TestFullSyncNever: only what changes from now on is sent.
func TestFullSyncNever(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "full_sync: never")
	m.put("old", "1")
	m.must(os.Chtimes(m.src("old"), aged, aged))
	m.put("clock", "1")
	m.untilOlder(m.src("clock"), scanMargin)
	m.start().settle()
	m.put("folder/new", "2")
	m.settle()
	if !m.has(0, "folder/new", "2") {
		t.Error("the new file did not arrive")
	}
	if m.has(0, "old", "1") || m.has(0, "clock", "1") {
		t.Error("what was there before was sent")
	}
	m.stop()
	m.put("while-down", "3")
	m.start().settle()
	if !m.has(0, "while-down", "3") {
		t.Error("what changed while the process was down did not arrive")
	}
	if n := m.fullSyncs(); n != 0 {
		t.Errorf("%d full syncs ran", n)
	}
}

// untilOlder waits until the last change of a file is longer ago than d.
func (m *mirror) untilOlder(path string, d time.Duration) {
	m.Helper()
	fi, err := os.Lstat(path)
	m.must(err)
	m.until(path+" is older", func() bool { return time.Since(fi.ModTime()) > d })
}
