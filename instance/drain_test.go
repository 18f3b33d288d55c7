package instance_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/syncsvc/syncsvc/control"
)

// TestPauseCollects: nothing is sent, nothing is forgotten.
func TestPauseCollects(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 2)
	m.put("a", "1")
	m.start().settled()
	m.post("/v1/pause", control.TargetRequest{Target: m.urls[0]})
	m.put("a", "2")
	m.until("the other target goes on", func() bool { return m.has(1, "a", "2") })
	m.until("it is owed", func() bool { return m.status().Targets[0].Owed > 0 })
	m.post("/v1/pause", control.TargetRequest{})
	m.untilState(control.Paused)
	m.put("b", "1")
	m.until("it is collected", func() bool { return m.status().Targets[1].Owed > 0 })
	if m.has(0, "a", "2") || m.has(0, "b", "1") || m.has(1, "b", "1") {
		t.Error("something was sent")
	}
	m.post("/v1/resume", control.TargetRequest{})
	m.settled()
}

// putBig writes a file that can't be compressed.
func (m *mirror) putBig(path string, size int) {
	m.Helper()
	data := make([]byte, size)
	_, err := rand.Read(data)
	m.must(err)
	m.put(path, string(data))
}

// transfers reports whether an rsync is running for the first target.
func (m *mirror) transfers() bool { return len(m.status().Targets[0].Transfers) > 0 }

// TestTransfersEndWithinTheDrainDeadline: what can be finished is.
func TestTransfersEndWithinTheDrainDeadline(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "rsync: {bwlimit: 1m}")
	m.env = []string{drainEnv + "=90s"}
	m.start().settled()
	m.putBig("big", 5<<20)
	m.until("it is on its way", m.transfers)
	m.stop()
	m.same(m.targets[0])
	m.untilNobodyLeft()
}

// TestTransfersThatTakeTooLongAreOwed: they are ended at the deadline and sent
// when the module runs again.
func TestTransfersThatTakeTooLongAreOwed(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "rsync: {bwlimit: 100k}")
	m.env = []string{drainEnv + "=1s"}
	m.start().settled()
	m.untilUpto(m.status().Started)
	m.putBig("big", 8<<20)
	m.put("small", "1")
	m.until("it is on its way", func() bool { return m.transfers() && m.has(0, "small", "1") })
	m.stop()
	m.untilNobodyLeft()
	if _, err := os.Lstat(filepath.Join(m.targets[0], "big")); err == nil {
		t.Fatal("the big file arrived in spite of its bandwidth limit")
	}
	m.options = nil
	m.start().settled()
	m.caughtUp()
}

// TestNoTransferOutlivesItsProcess: not even after kill -9.
func TestNoTransferOutlivesItsProcess(t *testing.T) {
	for _, local := range []bool{false, true} {
		t.Run(fmt.Sprintf("local=%v", local), func(t *testing.T) {
			t.Parallel()
			m := newMirror(t, 1, "rsync: {bwlimit: 100k}")
			if local {
				m.urls = []string{m.targets[0]}
			}
			m.start().settled()
			m.putBig("big", 8<<20)
			m.until("it is on its way", func() bool { return m.transfers() && len(m.leftovers()) > 0 })
			m.kill()
			m.untilNobodyLeft()
		})
	}
}

// untilNobodyLeft waits until no rsync works for this mirror.
func (m *mirror) untilNobodyLeft() {
	m.Helper()
	m.until("no rsync is left behind", func() bool { return len(m.leftovers()) == 0 })
}

// leftovers are the rsync processes that work for this mirror, other than the
// daemon's.
func (m *mirror) leftovers() []string {
	m.Helper()
	var found []string
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	m.must(err)
	for _, p := range all {
		line, err := os.ReadFile(p)
		if err != nil || !strings.HasPrefix(string(line), "rsync\x00") {
			continue
		}
		if pid := strings.Split(p, "/")[2]; m.ours(pid, string(line)) {
			found = append(found, pid+" "+strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

// ours reports whether a process names a target of this mirror or works in its
// source.
func (m *mirror) ours(pid, line string) bool {
	cwd, _ := os.Readlink("/proc/" + pid + "/cwd")
	return strings.Contains(line, m.dir+"/target") || strings.Contains(line, fmt.Sprintf("127.0.0.1:%d/", m.daemon.Port)) ||
		strings.HasPrefix(cwd, m.source)
}
