package rsync

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// mapped are the settings of a module that writes as nobody.
var mapped = []string{"uid = 65534", "gid = 65534"}

// asNobody reads the source as nobody.
func asNobody(t Target) Target {
	t.Program = "setpriv"
	t.Args = []string{"--reuid=65534", "--regid=65534", "--clear-groups", "rsync", "-a"}
	return t
}

// freeze makes a file or folder immutable until the test ends.
func (w *world) freeze(names ...string) {
	w.Helper()
	for _, name := range names {
		path := filepath.Join(w.dst, name)
		if out, err := exec.Command("chattr", "+i", path).CombinedOutput(); err != nil {
			w.Skipf("no immutable files here: %s", out)
		}
		w.Cleanup(func() { _ = exec.Command("chattr", "-i", path).Run() })
	}
}

// age makes the times of source folders differ from the target's.
func (w *world) age(names ...string) {
	w.Helper()
	old := time.Unix(1_600_000_000, 0)
	for _, name := range names {
		w.must(os.Chtimes(filepath.Join(w.src, name), old, old))
	}
}

func (w *world) wantFailed(r Result, want ...string) {
	w.Helper()
	got := failedPaths(r)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		w.Fatalf("failed paths (-want +got):\n%s%s", diff, r.Stderr)
	}
}

func TestOneUnwritableFileDoesNotHoldTheRest(t *testing.T) {
	needRoot(t)
	w := newWorld(t, mapped...)
	w.write("open/a=1", "shut/b=1", "shut/new/deep=1", "c=1")
	w.put("open/", "shut/", "shut/gone=x")
	for _, dir := range []string{".", "open"} {
		w.must(os.Chown(filepath.Join(w.dst, dir), 65534, 65534))
	}
	w.age("shut")
	r := w.run(w.target(), w.flat("open/a", "shut/b", "shut/new/deep", "shut/gone", "c"), Partial)
	w.wantFailed(r, "shut", "shut/b", "shut/gone", "shut/new/", "shut/new/deep")
	w.holds("c", "open/", "open/a", "shut/", "shut/gone")
	for _, f := range r.Failed {
		if f.Kind != Denied || f.Reason == "" {
			t.Errorf("failure %+v, want denied with a reason", f)
		}
	}
	if r.Code != 23 || !strings.HasPrefix(r.Reason, "5 paths failed: ") {
		t.Errorf("code %d, reason %q", r.Code, r.Reason)
	}
}

func TestImmutableEntriesAreNamed(t *testing.T) {
	needRoot(t)
	for name, target := range map[string]func(*world) Target{
		"daemon": (*world).target, "local": (*world).local,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.write("f=1", "g=1", "d/x=1", "ok=1", "m=1")
			w.run(target(w), w.tree("./"), Done)
			w.freeze("f", "g", "d", "m")
			w.write("f=22", "d/y=2", "ok=2")
			w.remove("g", "d/x")
			w.must(os.Chmod(filepath.Join(w.src, "m"), 0o600))
			w.age("d")
			r := w.run(target(w), w.flat("f", "g", "d/x", "d/y", "ok", "m"), Partial)
			w.wantFailed(r, "d", "d/x", "d/y", "f", "g", "m")
			w.holds("d/", "d/x", "f", "g", "m", "ok")
		})
	}
}

func TestPathsBelowASubFolderOfTheModuleAreMappedBack(t *testing.T) {
	needRoot(t)
	w := newWorld(t)
	w.write("base/f=1", "base/d/g=1")
	target := w.target()
	target.Path = "/s/t//"
	j := w.tree("./")
	j.Base = "base"
	w.put("s/t/")
	w.run(target, j, Done)
	w.freeze("s/t/base/f", "s/t/base/d/g", "s/t/base/d")
	w.write("base/f=22", "base/d/g=22", "base/d/h=1")
	w.age("base/d")
	r := w.run(target, j, Partial)
	w.wantFailed(r, "d", "d/g", "d/h", "f")
}

func TestFolderThatCannotBeReplacedFailsWithWhatGoesInIt(t *testing.T) {
	needRoot(t)
	w := newWorld(t)
	w.write("d/in/x=1")
	w.put("d=1")
	w.freeze("d")
	r := w.run(w.target(), w.flat("d/in/x"), Partial)
	w.wantFailed(r, "d", "d/", "d/in/x")
}

func TestUnreadableSourceIsNamedAndStopsDeletions(t *testing.T) {
	needRoot(t)
	w := newWorld(t)
	w.write("shut/a=1", "secret=1", "ok=1", "list/b=1")
	w.put("list/stale=x", "missing=x")
	w.must(os.Chmod(filepath.Join(w.src, "shut"), 0o700))
	w.must(os.Chmod(filepath.Join(w.src, "secret"), 0o600))
	r := w.run(asNobody(w.target()), w.flat("shut/", "secret", "ok", "list/", "missing"), Partial)
	w.wantFailed(r, "list/", "secret", "shut/")
	w.holds("list/", "list/b", "list/stale", "ok", "shut/")
	for _, f := range r.Failed {
		if want := map[string]FailureKind{"list/": Undeleted}[f.Path]; want != 0 && f.Kind != want {
			t.Errorf("%s failed as %s, want %s", f.Path, f.Kind, want)
		}
	}
}

func TestWhatTheDaemonFiltersIsNamed(t *testing.T) {
	w := newWorld(t, "exclude = *.secret /shut/")
	w.write("a.secret=1", "shut/f=1", "d/b.secret=1", "ok=1")
	w.put("old.secret=1")
	r := w.run(w.target(), w.tree("./"), Partial)
	w.wantFailed(r, "a.secret", "d/b.secret", "shut/")
	r = w.run(w.target(), w.flat("shut/f", "old.secret", "a.secret"), Partial)
	w.wantFailed(r, "a.secret", "old.secret", "shut/", "shut/f")
}

func TestFolderGoneFromAboveIsLookedAtAgain(t *testing.T) {
	w := newWorld(t)
	w.put("a/b/c/f=x", "a/keep=x", "q=x")
	r := w.run(w.target(), w.flat("a/b/c/f", "q"), Vanished)
	if diff := cmp.Diff([]string{"a"}, r.Vanished); diff != "" {
		t.Errorf("vanished (-want +got):\n%s", diff)
	}
	w.holds("a/", "a/b/", "a/b/c/", "a/keep")
	w.run(w.target(), w.flat(r.Vanished...), Done)
	w.holds()
}

func TestFilesThatGoWhileBeingSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var paths []string
	for i := range 40 {
		name := fmt.Sprintf("f%02d", i)
		w.write(name + "=" + strings.Repeat(name, 50_000))
		paths = append(paths, name)
	}
	target := w.target()
	target.BWLimit = 10 << 20
	j := w.flat(paths...)
	first := true
	j.OnItem = func(i Item) {
		if first && i.Sent() { // the list is complete, the rest is still to be read
			first = false
			w.remove("f37", "f38", "f39")
			w.write("f38/in=1")
			w.must(os.Symlink("x", filepath.Join(w.src, "f39")))
		}
	}
	r := w.run(target, j, Partial)
	if diff := cmp.Diff([]string{"f37"}, r.Vanished); diff != "" {
		t.Errorf("vanished (-want +got):\n%s", diff)
	}
	w.wantFailed(r, "f38", "f39")
}

func TestFileThatShrinksWhileBeingSentIsNotCalledDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("a="+strings.Repeat("a", 1<<20), "big="+strings.Repeat("b", 8<<20))
	target := w.target()
	target.BWLimit = 8 << 20
	j := w.flat("a", "big")
	j.OnItem = func(i Item) {
		if i.Path == "a" {
			w.must(os.Truncate(filepath.Join(w.src, "big"), 10))
		}
	}
	r := w.runner.Run(context.Background(), target, j)
	got, _ := os.ReadFile(filepath.Join(w.dst, "big"))
	if r.Class == Done && len(got) != 10 {
		t.Errorf("done with %d bytes on the target, want 10", len(got))
	}
	if r.Class == Partial {
		w.wantFailed(r, "big")
	}
}

func TestMaxDelete(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]func(*world) Target{
		"daemon": (*world).target, // exits 0
		"local":  (*world).local,  // exits 25
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.write("new=1")
			w.put("x=", "y=", "d/z=")
			j := w.tree("./")
			j.MaxDelete = 1
			r := w.run(target(w), j, Limit)
			if r.Deleted != 1 || r.Skipped != 3 {
				t.Errorf("deleted %d, held %d, want 1 and 3", r.Deleted, r.Skipped)
			}
			w.put("x=", "y=", "d/z=")
			j = w.flat("x", "y", "d")
			j.MaxDelete = 0
			if r := w.run(target(w), j, Limit); r.Deleted != 0 || r.Skipped != 3 { // d itself is not counted
				t.Errorf("deleted %d, held %d, want 0 and 3", r.Deleted, r.Skipped)
			}
			if _, err := os.Stat(filepath.Join(w.dst, "new")); err != nil {
				t.Error("what was to be sent did not get there")
			}
		})
	}
}

// smallDisk mounts a tmpfs on the target.
func (w *world) smallDisk(options string) {
	w.Helper()
	needRoot(w)
	if err := unix.Mount("tmpfs", w.dst, "tmpfs", 0, options); err != nil {
		w.Skipf("cannot mount a tmpfs: %v", err)
	}
	w.Cleanup(func() { _ = unix.Unmount(w.dst, unix.MNT_DETACH) })
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]string{"bytes": "size=256k,mode=755", "inodes": "size=10m,nr_inodes=4,mode=755"} {
		for _, kind := range []Kind{Daemon, Local} {
			t.Run(name+"/"+kind.String(), func(t *testing.T) {
				w := newWorld(t)
				w.smallDisk(options)
				target := w.local()
				if kind == Daemon {
					target = w.target()
				}
				for i := range 8 {
					w.write(fmt.Sprintf("f%d=%s", i, strings.Repeat("x", 100_000)))
				}
				r := w.run(target, w.flat("./"), Full)
				if !strings.Contains(r.Reason, "No space left") || r.Hint == "" {
					t.Errorf("reason %q, hint %q", r.Reason, r.Hint)
				}
			})
		}
	}
}

func TestReadOnlyDisk(t *testing.T) {
	w := newWorld(t)
	w.smallDisk("mode=755")
	w.must(unix.Mount("", w.dst, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	w.write("f=1")
	r := w.run(w.target(), w.flat("f"), Partial)
	if !slices.Contains(failedPaths(r), "f") {
		t.Errorf("failed paths %q, want f among them", failedPaths(r))
	}
}

func TestSpecialFilesTheTargetDoesNotMakeAreTold(t *testing.T) {
	needRoot(t)
	w := newWorld(t, mapped...)
	w.must(os.Chown(w.dst, 65534, 65534))
	w.must(os.Chmod(w.dst, 0o755))
	w.must(syscall.Mknod(filepath.Join(w.src, "null"), syscall.S_IFCHR|0o600, 1<<8|3))
	w.write("f=1")
	r := w.run(w.target(), w.flat("null", "f"), Done)
	if diff := cmp.Diff([]string{"null"}, r.Ignored); diff != "" {
		t.Errorf("ignored (-want +got):\n%s", diff)
	}
}

func TestMountPointOnTheTargetIsNotDeletedSilently(t *testing.T) {
	w := newWorld(t)
	needRoot(t)
	w.put("d/mnt/", "d/x=1")
	mnt := filepath.Join(w.dst, "d/mnt")
	if err := unix.Mount("tmpfs", mnt, "tmpfs", 0, ""); err != nil {
		t.Skipf("cannot mount a tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(mnt, unix.MNT_DETACH) })
	r := w.run(w.target(), w.flat("d"), Partial)
	w.wantFailed(r, "d/mnt")
	if diff := cmp.Diff([]string{"d"}, r.Kept); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}
