package instance_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/rsync/rsyncd"
)

func TestTargetsHaveTheirOwnOptions(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 3)
	for i, more := range []string{"{args: [-rlt]}", "{args: [-aHX], compress: true}", "{args: [-a], bwlimit: 8m}"} {
		m.urls[i] = "{url: " + strconv.Quote(m.urls[i]) + ", rsync: " + more + "}"
	}
	m.put("f", strings.Repeat("compress me ", 100_000))
	m.must(os.Link(m.src("f"), m.src("linked")))
	if err := unix.Setxattr(m.src("f"), "user.colour", []byte("blue"), 0); err != nil {
		t.Skipf("set an xattr: %v", err)
	}
	m.must(os.Chmod(m.src("f"), 0o666))
	m.start().settle()
	m.put("live", "1")
	m.must(unix.Setxattr(m.src("live"), "user.colour", []byte("red"), 0))
	m.settle()
	for i, want := range []bool{false, true, false} {
		dir := m.targets[i]
		if !m.has(i, "f", m.text("f")) || !m.has(i, "live", "1") {
			t.Errorf("target %d does not have everything", i)
		}
		if got := colour(filepath.Join(dir, "f")) == "blue" && colour(filepath.Join(dir, "live")) == "red"; got != want {
			t.Errorf("target %d has extended attributes: %t, want %t", i, got, want)
		}
		if got := m.linked(dir, "f", "linked"); got != want {
			t.Errorf("target %d has hard links: %t, want %t", i, got, want)
		}
		if got := m.mode(filepath.Join(dir, "f")) == 0o666; got != (i > 0) {
			t.Errorf("target %d has modes: %t", i, got)
		}
	}
}

func colour(path string) string {
	text := make([]byte, 10)
	n, err := unix.Getxattr(path, "user.colour", text)
	if err != nil {
		return ""
	}
	return string(text[:n])
}

func (m *mirror) linked(dir, a, b string) bool {
	m.Helper()
	one, err := os.Stat(filepath.Join(dir, a))
	m.must(err)
	other, err := os.Stat(filepath.Join(dir, b))
	m.must(err)
	return os.SameFile(one, other)
}

func (m *mirror) mode(path string) os.FileMode {
	m.Helper()
	fi, err := os.Stat(path)
	m.must(err)
	return fi.Mode().Perm()
}

// TestMungedLinksAreLeftAlone: a daemon that does not trust links stores them
// in a form of its own.
func TestMungedLinksAreLeftAlone(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.must(m.daemon.Restart(rsyncd.Module{Name: "m0", Path: m.targets[0], Extra: []string{"munge symlinks = yes"}}))
	m.must(os.Symlink("nowhere", m.src("before")))
	m.start().settle()
	m.must(os.Symlink("/etc/passwd", m.src("live")))
	m.settle()
	for name, want := range map[string]string{"before": "nowhere", "live": "/etc/passwd"} {
		got, err := os.Readlink(filepath.Join(m.targets[0], name))
		if err != nil || got != "/rsyncd-munged/"+want {
			t.Errorf("%s leads to %q: %v", name, got, err)
		}
	}
	m.post("/v1/sync", nil)
	m.until("everything has been compared", func() bool { return m.status().Targets[0].Counters.FullSyncs == 2 })
	if c := m.status().Targets[0].Counters; c.Deleted != 0 {
		t.Errorf("the comparison deleted %d", c.Deleted)
	}
	m.must(os.Remove(m.src("live")))
	m.settle()
	if _, err := os.Lstat(filepath.Join(m.targets[0], "live")); err == nil {
		t.Error("a deleted link stays")
	}
}

// TestRegexThatRsyncHasNoRuleFor: rsync's patterns can't say "digits".
func TestRegexThatRsyncHasNoRuleFor(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, `exclude_regex: ['(.*)/v[0-9]+\.tmp', 'scratch[0-9]+']`)
	theirs := func(paths ...string) {
		for _, p := range paths {
			p = filepath.Join(m.targets[0], p)
			m.mkdir(filepath.Dir(p))
			m.must(os.WriteFile(p, []byte("theirs"), 0o644))
		}
	}
	stays := func(when string, paths ...string) {
		t.Helper()
		for _, p := range paths {
			if !m.has(0, p, "theirs") {
				t.Errorf("%s: %s of the target is gone or was overwritten", when, p)
			}
		}
	}
	sent := func(when, path string, want bool) {
		t.Helper()
		if _, err := os.Lstat(filepath.Join(m.targets[0], path)); (err == nil) != want {
			t.Errorf("%s: %s is on the target: %t, want %t", when, path, err == nil, want)
		}
	}
	m.put("d/v1.tmp", "excluded")
	m.put("d/vx.tmp", "1")
	m.put("scratch7/f", "excluded")
	m.put("scratch/f", "1")
	theirs("d/v2.tmp", "scratch8/f", "gone/v3.tmp", "gone/f")
	m.start().settle()
	stays("full sync", "d/v2.tmp", "scratch8/f", "gone/v3.tmp")
	sent("full sync", "d/v1.tmp", false)
	sent("full sync", "d/vx.tmp", true)
	sent("full sync", "scratch7", false)
	sent("full sync", "gone/f", false)

	m.put("d/v10.tmp", "excluded")
	m.put("d/new/v10.tmp", "excluded")
	m.put("d/new/f", "1")
	m.settle()
	sent("live", "d/v10.tmp", false)
	sent("live", "d/new/v10.tmp", false)
	sent("live", "d/new/f", true)

	outside := filepath.Join(m.dir, "outside")
	m.mkdir(filepath.Join(outside, "sub"))
	for _, name := range []string{"v1.tmp", "f", "sub/v2.tmp", "sub/f"} {
		m.must(os.WriteFile(filepath.Join(outside, name), []byte("moved"), 0o644))
	}
	theirs("moved/v4.tmp")
	m.must(os.Rename(outside, m.src("moved")))
	m.settle()
	stays("moved in", "moved/v4.tmp")
	for name, want := range map[string]bool{"f": true, "sub/f": true, "v1.tmp": false, "sub/v2.tmp": false} {
		sent("moved in", "moved/"+name, want)
	}

	theirs("d/new/v5.tmp")
	m.must(os.RemoveAll(m.src("d")))
	m.must(os.Rename(m.src("moved"), m.src("renamed")))
	m.settle()
	stays("deleted", "d/v2.tmp", "d/new/v5.tmp", "moved/v4.tmp")
	for name, want := range map[string]bool{"d/vx.tmp": false, "d/new/f": false, "renamed/sub/f": true, "renamed/sub/v2.tmp": false, "moved/f": false} {
		sent("deleted", name, want)
	}
	if st := m.status().Targets[0]; st.Failing != 0 {
		t.Errorf("the fail list: %+v", st.FailList)
	}
}

func TestAddedTargetIsFilled(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 3)
	all, targets := m.urls, m.targets
	m.urls, m.targets = all[:2], targets[:2]
	m.stir(0)
	m.start().settled()
	m.stop()
	m.put("while it was down", "1")
	m.urls, m.targets = all, targets
	m.start().settled()
	m.stir(1)
	m.settled()
	for i, want := range []int64{0, 0, 1} {
		if got := m.status().Targets[i].Counters.FullSyncs; got != want {
			t.Errorf("target %d: %d full syncs, want %d", i, got, want)
		}
	}
}
