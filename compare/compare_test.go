package compare

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// trees are two trees that are alike in every respect until a test changes
// the target.
type trees struct {
	t              testing.TB
	source, target string
}

func newTrees(t testing.TB) trees {
	t.Helper()
	dir := t.TempDir()
	tr := trees{t: t, source: filepath.Join(dir, "source"), target: filepath.Join(dir, "target")}
	for _, root := range []string{tr.source, tr.target} {
		tr.plant(root)
	}
	return tr
}

func (tr trees) must(err error) {
	tr.t.Helper()
	if err != nil {
		tr.t.Fatal(err)
	}
}

// plant makes one tree with an entry of every type.
func (tr trees) plant(root string) {
	tr.t.Helper()
	at := func(name string) string { return filepath.Join(root, name) }
	tr.must(os.MkdirAll(at("dir/sub"), 0o755))
	tr.must(os.WriteFile(at("file"), []byte("0123456789"), 0o644))
	tr.must(os.WriteFile(at("dir/one"), []byte("1"), 0o644))
	tr.must(os.Link(at("dir/one"), at("dir/two")))
	tr.must(os.Symlink("file", at("link")))
	tr.must(syscall.Mkfifo(at("fifo"), 0o644))
	if os.Getuid() == 0 {
		tr.must(syscall.Mknod(at("device"), syscall.S_IFCHR|0o600, 0x103))
	}
	for _, name := range []string{"file", "dir/one", "link", "fifo", "device", "dir/sub", "dir", "."} {
		tr.backdate(at(name), 0)
	}
}

// backdate sets the time of what is at a path, a symbolic link included, to
// one long ago and a little later; what is not there is let be.
func (tr trees) backdate(path string, later time.Duration) {
	tr.t.Helper()
	ts := unix.NsecToTimespec(longAgo(later).UnixNano())
	err := unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW)
	if !errors.Is(err, unix.ENOENT) {
		tr.must(err)
	}
}

func longAgo(later time.Duration) time.Time { return time.Unix(1_000_000_000, 123_456_789).Add(later) }

func (tr trees) on(name string) string { return filepath.Join(tr.target, name) }

func (tr trees) remove(name string) { tr.t.Helper(); tr.must(os.RemoveAll(tr.on(name))) }

// differences compares and returns them as text.
func (tr trees) differences(o Options) []string {
	tr.t.Helper()
	found, count, err := Trees(tr.source, tr.target, o)
	tr.must(err)
	lines := []string{}
	for _, d := range found {
		lines = append(lines, d.Path+": "+d.What)
	}
	if o.Max == 0 && count.Differences != int64(len(found)) {
		tr.t.Errorf("counted %d differences, listed %d", count.Differences, len(found))
	}
	return lines
}

// all asks for everything that can be compared.
func all() Options {
	return Options{Owners: true, Times: true, DirTimes: true, HardLinks: true, Xattrs: true, Contents: true}
}

func TestAlikeTreesHaveNoDifference(t *testing.T) {
	if got := newTrees(t).differences(all()); len(got) > 0 {
		t.Errorf("got %q, want none", got)
	}
}

// TestEachDifferenceIsSeen makes one difference at a time on the target. The
// second list is what is seen when only names, types, modes, sizes, links and
// device numbers count.
func TestEachDifferenceIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		damage     func(tr trees)
		all, basic []string
	}{
		"file missing": {
			func(tr trees) { tr.remove("file") },
			[]string{"file: missing on target"},
			[]string{"file: missing on target"},
		},
		"folder missing": {
			func(tr trees) { tr.remove("dir") },
			[]string{"dir: missing on target"},
			[]string{"dir: missing on target"},
		},
		"file extra": {
			func(tr trees) { tr.must(os.WriteFile(tr.on("a"), nil, 0o644)) },
			[]string{"a: extra on target"},
			[]string{"a: extra on target"},
		},
		"type": {
			func(tr trees) { tr.remove("file"); tr.must(os.Mkdir(tr.on("file"), 0o755)) },
			[]string{"file: type file/folder"},
			[]string{"file: type file/folder"},
		},
		"link instead of folder": {
			func(tr trees) { tr.remove("dir"); tr.must(os.Symlink(filepath.Join(tr.source, "dir"), tr.on("dir"))) },
			[]string{"dir: type folder/symbolic link"},
			[]string{"dir: type folder/symbolic link"},
		},
		"file instead of fifo": {
			func(tr trees) { tr.remove("fifo"); tr.must(os.WriteFile(tr.on("fifo"), nil, 0o644)) },
			[]string{"fifo: type fifo/file"},
			[]string{"fifo: type fifo/file"},
		},
		"mode": {
			func(tr trees) { tr.must(os.Chmod(tr.on("file"), 0o600)) },
			[]string{"file: mode 0644/0600"},
			[]string{"file: mode 0644/0600"},
		},
		"setuid": {
			func(tr trees) { tr.must(os.Chmod(tr.on("file"), 0o644|os.ModeSetuid)) },
			[]string{"file: mode 0644/4644"},
			[]string{"file: mode 0644/4644"},
		},
		"mode of the root": {
			func(tr trees) { tr.must(os.Chmod(tr.target, 0o700)) },
			[]string{".: mode 0755/0700"},
			[]string{".: mode 0755/0700"},
		},
		"link target": {
			func(tr trees) {
				tr.remove("link")
				tr.must(os.Symlink("else", tr.on("link")))
				tr.backdate(tr.on("link"), 0)
			},
			[]string{`link: link target "file"/"else"`},
			[]string{`link: link target "file"/"else"`},
		},
		"size": {
			func(tr trees) { tr.rewrite("file", "0123") },
			[]string{"file: size 10/4"},
			[]string{"file: size 10/4"},
		},
		"content": {
			func(tr trees) { tr.rewrite("file", "012345x789") },
			[]string{"file: content at byte 6"},
			[]string{},
		},
		"time": {
			func(tr trees) { tr.backdate(tr.on("file"), time.Second) },
			[]string{"file: time 2001-09-09T01:46:40.123456789Z/2001-09-09T01:46:41.123456789Z"},
			[]string{},
		},
		"hard link broken": {
			func(tr trees) { tr.remove("dir/two"); tr.rewrite("dir/two", "1") },
			[]string{`dir/two: same file as "dir/one"/"dir/two"`},
			[]string{},
		},
		"hard link too many": {
			func(tr trees) { tr.remove("file"); tr.must(os.Link(tr.on("dir/one"), tr.on("file"))) },
			[]string{`file: same file as "file"/"dir/one"`, "file: size 10/1"},
			[]string{"file: size 10/1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrees(t)
			c.damage(tr)
			tr.backdate(tr.on("dir"), 0) // which the damage has changed too
			tr.backdate(tr.target, 0)
			if diff := cmp.Diff(c.all, tr.differences(all())); diff != "" {
				t.Errorf("everything compared: %s", diff)
			}
			if diff := cmp.Diff(c.basic, tr.differences(Options{})); diff != "" {
				t.Errorf("nothing asked for: %s", diff)
			}
		})
	}
}

// rewrite puts text into a file of the target and its time as it was.
func (tr trees) rewrite(name, text string) {
	tr.t.Helper()
	tr.must(os.WriteFile(tr.on(name), []byte(text), 0o644))
	tr.must(os.Chtimes(tr.on(name), longAgo(0), longAgo(0)))
}

func TestTimesOfFoldersCountWhenAskedFor(t *testing.T) {
	tr := newTrees(t)
	tr.backdate(tr.on("dir"), time.Hour)
	want := []string{"dir: time 2001-09-09T01:46:40.123456789Z/2001-09-09T02:46:40.123456789Z"}
	if diff := cmp.Diff(want, tr.differences(Options{DirTimes: true})); diff != "" {
		t.Error(diff)
	}
	if got := tr.differences(Options{Times: true}); len(got) > 0 {
		t.Errorf("not asked for: got %q, want none", got)
	}
}

func TestOwnersAndDeviceNumbers(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can change owners and make devices")
	}
	tr := newTrees(t)
	tr.must(os.Lchown(tr.on("file"), 7, 0))
	tr.must(os.Lchown(tr.on("link"), 0, 8))
	tr.remove("device")
	tr.must(syscall.Mknod(tr.on("device"), syscall.S_IFCHR|0o600, 0x105))
	want := []string{"device: device number 0x103/0x105", "file: owner 0:0/7:0", "link: owner 0:0/0:8"}
	if diff := cmp.Diff(want, tr.differences(Options{Owners: true})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[:1], tr.differences(Options{})); diff != "" {
		t.Errorf("owners not asked for: %s", diff)
	}
}

func TestTimesOfLinksCountAndFractionsDoNot(t *testing.T) {
	tr := newTrees(t)
	tr.backdate(tr.on("link"), time.Second)
	seconds := time.Unix(1_000_000_000, 0)
	tr.must(os.Chtimes(tr.on("file"), seconds, seconds))
	tr.must(os.Chtimes(tr.on("fifo"), seconds.Add(time.Second), seconds.Add(time.Second)))
	want := []string{
		"fifo: time 2001-09-09T01:46:40.123456789Z/2001-09-09T01:46:41Z",
		"link: time 2001-09-09T01:46:40.123456789Z/2001-09-09T01:46:41.123456789Z",
	}
	if diff := cmp.Diff(want, tr.differences(Options{Times: true})); diff != "" {
		t.Error(diff)
	}
}

func TestExtendedAttributes(t *testing.T) {
	tr := newTrees(t)
	set := func(root, name, key, value string) {
		err := syscall.Setxattr(filepath.Join(root, name), key, []byte(value), 0)
		if err == syscall.ENOTSUP {
			t.Skip("this file system has no extended attributes")
		}
		tr.must(err)
	}
	big := strings.Repeat("x", 2000)
	for _, root := range []string{tr.source, tr.target} {
		set(root, "file", "user.same", big)
	}
	set(tr.source, "file", "user.gone", "1")
	set(tr.target, "file", "user.new", "2")
	set(tr.source, "dir", "user.changed", "3")
	set(tr.target, "dir", "user.changed", "4")
	want := []string{
		`dir: xattr "user.changed" "3"/"4"`,
		`file: xattr "user.gone" missing on target`,
		`file: xattr "user.new" extra on target`,
	}
	if diff := cmp.Diff(want, tr.differences(Options{Xattrs: true})); diff != "" {
		t.Error(diff)
	}
	if got := tr.differences(Options{}); len(got) > 0 {
		t.Errorf("not asked for: got %q, want none", got)
	}
}
