package instance_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/rsync/rsyncd"
)

// immutable makes a file that even root can't change, or ends that.
func (m *mirror) immutable(path, how string) {
	m.Helper()
	if out, err := exec.Command("chattr", how+"i", path).CombinedOutput(); err != nil {
		m.Skipf("chattr %si: %v: %s", how, err, out)
	}
	if how == "+" {
		m.Cleanup(func() { _ = exec.Command("chattr", "-i", path).Run() })
	}
}

// onList waits until a path is on the fail list of the first target.
func (m *mirror) onList(path string, attempts int) (f control.Failure) {
	m.Helper()
	m.until(path+" is on the fail list", func() bool {
		for _, f = range m.status().Targets[0].FailList {
			if f.Path == control.Path(path) && f.Attempts >= attempts {
				return true
			}
		}
		return false
	})
	return f
}

// failLog is what the fail log says.
func (m *mirror) failLog() string {
	m.Helper()
	text, err := os.ReadFile(filepath.Join(m.dir, "www.fail.log"))
	m.must(err)
	return string(text)
}

func TestUnwritableFileHoldsNothingBack(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "fail_log: {retry_every: 3s}")
	m.put("bad", "1")
	m.put("d/good", "1")
	m.start().settled()
	theirs := filepath.Join(m.targets[0], "bad")
	m.immutable(theirs, "+")
	m.put("bad", "22")
	m.put("d/good", "2")
	m.until("the others go through", func() bool { return m.has(0, "d/good", "2") })
	f := m.onList("bad", 2)
	if !strings.Contains(f.Reason, "Operation not permitted (1)") || !f.Next.After(f.Last) {
		t.Errorf("the fail list says %+v", f)
	}
	if wait := f.Next.Sub(f.Last); wait > 3*time.Second {
		t.Errorf("is tried again after %s, want retry_every at most", wait)
	}
	st := m.untilState(control.Degraded)
	if far := st.Targets[0]; far.Failing != 1 || far.Lag != 0 || far.Owed > 1 {
		t.Errorf("status: %+v", far)
	}
	m.until("the fail log says so", func() bool {
		log := m.failLog()
		return strings.Contains(log, `"bad"`) && strings.Contains(log, "Operation not permitted (1)")
	})
	m.put("d/good", "3")
	m.until("the others go through", func() bool { return m.has(0, "d/good", "3") })
	m.stop()
	m.start()
	if f := m.onList("bad", 2); !strings.Contains(f.Reason, "not permitted") {
		t.Errorf("after a restart the fail list says %+v", f)
	}
	m.immutable(theirs, "-")
	m.until("it goes through by itself", func() bool { return m.has(0, "bad", "22") })
	m.settled()
	if st := m.untilState(control.Live); st.Targets[0].Failing != 0 {
		t.Errorf("still on the fail list: %+v", st.Targets[0].FailList)
	}
	m.until("the fail log is empty", func() bool { return !strings.Contains(m.failLog(), `"bad"`) })
}

func TestFreshChangeOfAFailingPathIsTriedAtOnce(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "fail_log: {retry_every: 1h}")
	m.put("bad", "1")
	m.start().settled()
	theirs := filepath.Join(m.targets[0], "bad")
	m.immutable(theirs, "+")
	m.put("bad", "22")
	m.onList("bad", 3) // the next try is far away
	m.immutable(theirs, "-")
	m.put("bad", "333")
	m.settled()
	if st := m.status(); st.Targets[0].Failing != 0 {
		t.Errorf("still on the fail list: %+v", st.Targets[0].FailList)
	}
}

// TestUnreadableFileHoldsNothingBack: root can read everything, so the module
// is run by somebody else.
func TestUnreadableFileHoldsNothingBack(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root to be somebody else")
	}
	t.Parallel()
	const nobody = 65534
	m := newMirror(t, 1, "rsync: {args: [-rlpt]}", "fail_log: {retry_every: 3s}")
	m.attr = &syscall.SysProcAttr{Setpgid: true, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	m.put("secret", "1")
	m.put("locked/f", "1")
	m.put("open/f", "1")
	m.must(os.Chmod(m.src("secret"), 0))
	m.must(os.Chmod(m.src("locked"), 0))
	m.opened()
	m.write()
	m.must(os.Chown(m.file, nobody, nobody))
	m.start()
	f := m.onList("secret", 1)
	if !strings.Contains(f.Reason, "Permission denied (13)") {
		t.Errorf("the fail list says %+v", f)
	}
	m.onList("locked", 1)
	m.put("open/f", "22")
	m.until("the others go through", func() bool { return m.has(0, "open/f", "22") })
	m.must(os.Chmod(m.src("secret"), 0o644))
	m.must(os.Chmod(m.src("locked"), 0o755))
	m.until("they go through", func() bool { return m.has(0, "secret", "1") && m.has(0, "locked/f", "1") })
	m.settled()
	if st := m.status(); st.Targets[0].Failing != 0 {
		t.Errorf("still on the fail list: %+v", st.Targets[0].FailList)
	}
}

// opened lets everybody into the folders of the test.
func (m *mirror) opened() {
	m.Helper()
	for dir := m.dir; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		m.must(os.Chmod(dir, 0o777))
	}
	m.must(os.Chmod(filepath.Dir(m.file), 0o777))
	self, err := os.Executable()
	m.must(err)
	for dir := filepath.Dir(self); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		m.must(os.Chmod(dir, 0o755))
	}
}

// TestTargetOfSomebodyElse: a daemon that may not write one folder.
func TestTargetOfSomebodyElse(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root to serve as somebody else")
	}
	t.Parallel()
	m := newMirror(t, 1, "rsync: {args: [-rlpt]}", "fail_log: {retry_every: 3s}")
	m.opened()
	m.must(os.Chown(m.targets[0], 65534, 65534))
	m.must(os.Chmod(m.targets[0], 0o777))
	m.must(os.Chmod(m.source, 0o777))
	m.must(m.daemon.Restart(rsyncd.Module{Name: "m0", Path: m.targets[0], Extra: []string{"uid = nobody", "gid = nogroup"}}))
	m.must(os.Mkdir(filepath.Join(m.targets[0], "theirs"), 0o755))
	m.put("theirs/f", "1")
	m.put("ours/f", "1")
	m.start()
	m.until("what may be written is there", func() bool { return m.has(0, "ours/f", "1") })
	if f := m.onList("theirs/f", 1); !strings.Contains(f.Reason, "Permission denied (13)") {
		t.Errorf("the fail list says %+v", f)
	}
	m.put("ours/g", "2")
	m.until("the others go through", func() bool { return m.has(0, "ours/g", "2") })
	m.must(os.Chown(filepath.Join(m.targets[0], "theirs"), 65534, 65534))
	m.until("it goes through", func() bool { return m.has(0, "theirs/f", "1") && m.status().Targets[0].Failing == 0 })
	if n := strings.Count(m.output.String(), "some paths failed"); n > 2 {
		t.Errorf("failures were told of %d times", n)
	}
}
