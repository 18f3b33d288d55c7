package instance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/checkpoint"
)

// TestPowerCutBringsAFullSync: it takes back what was not on the source's disk
// yet, such as a deletion, and no time of any file tells.
func TestPowerCutBringsAFullSync(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.put("a/b", "1")
	m.start().settled()
	m.again(func() {
		m.cutPower()
		m.must(os.Remove(filepath.Join(m.targets[0], "a/b")))
	})
	if n := m.fullSyncs(); n != 1 {
		t.Errorf("%d full syncs after a power cut, want 1", n)
	}
	m.again(func() {})
	if n := m.fullSyncs(); n != 0 {
		t.Errorf("%d full syncs after the one that a power cut made necessary", n)
	}
}

// TestRebootBringsNoFullSync: the module was stopped in order.
func TestRebootBringsNoFullSync(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.put("a/b", "1")
	m.start().settled()
	m.again(func() { m.otherKernel(true) })
	if n := m.fullSyncs(); n != 0 {
		t.Errorf("%d full syncs after a reboot", n)
	}
}

// TestPowerCutAndNoFullSyncs: what changed while the machine was down is found
// as ever.
func TestPowerCutAndNoFullSyncs(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "full_sync: never")
	m.start().settle()
	m.stop()
	m.cutPower()
	m.put("while-down", "1")
	m.untilOlder(m.src("while-down"), scanMargin) // a scan from now would find it as well
	m.start().settle()
	if !m.has(0, "while-down", "1") || m.fullSyncs() != 0 {
		t.Errorf("it did not arrive, or by a full sync (%d)", m.fullSyncs())
	}
}

// cutPower makes what is remembered look as if the machine had gone down while
// the module was running.
func (m *mirror) cutPower() {
	m.Helper()
	m.otherKernel(false)
}

// otherKernel makes the last life one before the machine was started.
func (m *mirror) otherKernel(ended bool) {
	m.Helper()
	earlier := checkpoint.Clock{Wall: time.Now().Add(-24 * 365 * time.Hour), Boot: 1 << 62, BootID: "another"}
	m.must(m.checkpoints().SaveState("life", checkpoint.Life{Began: earlier, Ended: ended}))
}

// TestStartWithAFullStateDisk: the mirror matters more than what is remembered
// of it.
func TestStartWithAFullStateDisk(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.put("a/b", "1")
	m.mkdir(m.state)
	if err := unix.Mount("none", m.state, "tmpfs", 0, "size=256k,mode=755"); err != nil {
		t.Skipf("mount a tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(m.state, unix.MNT_DETACH) })
	m.start().settled()
	m.stop()
	for size := 1 << 16; size > 0; size /= 2 {
		for i := 0; ; i++ {
			if os.WriteFile(filepath.Join(m.state, fmt.Sprint("full", size, "-", i)), make([]byte, size), 0o600) != nil {
				break
			}
		}
	}
	m.start()
	m.put("a/c", "2")
	m.until("it arrives", func() bool { return m.has(0, "a/c", "2") })
}
