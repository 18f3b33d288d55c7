package watch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// mountInside returns a tree on which something can be mounted at sub, and a
// file system image.
func mountInside(t *testing.T) (root, sub, image string) {
	dir := mountDisk(t, "host")
	image = makeImage(t, "ext4", dir)
	root, sub = filepath.Join(dir, "root"), filepath.Join(dir, "root", "a", "sub")
	mkdir(t, sub)
	return root, sub, image
}

func TestFileSystemMountedInsideIsFollowed(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		root, sub, image := mountInside(t)
		mountAt(t, "ext4", image, sub)
		mkdir(t, sub+"/d")
		r := watched(t, Options{Root: root, Backend: b})
		write(t, sub+"/d/f", "1")
		must(t, os.Chmod(sub, 0o700))
		r.settle()
		r.same()
	})
}

func TestMountThatAppearsIsToldOfWhole(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		root, sub, image := mountInside(t)
		r := watched(t, Options{Root: root, Backend: b})
		mountAt(t, "ext4", image, sub)
		r.untilTold("a/sub", change.Tree)
		mkdir(t, sub+"/d/e")
		write(t, sub+"/d/e/f", "1")
		r.settle()
		r.same()
	})
}

func TestMountThatVanishesIsNotADeletion(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		root, sub, image := mountInside(t)
		mountAt(t, "ext4", image, sub)
		mkdir(t, sub+"/d")
		write(t, sub+"/d/f", "1")
		r := watched(t, Options{Root: root, Backend: b})
		unmount(t, sub)
		until(t, "the mount is missed", func() bool {
			return cmp.Equal(r.w.LostMounts(), []string{"a/sub"})
		})
		must(t, os.Remove(sub)) // as automounters do
		write(t, root+"/a/other", "1")
		r.settle()
		if got := r.take(); len(got) == 0 || len(find(got, "a/sub")) > 0 {
			t.Errorf("told of %v, want only a/other", got)
		}
		mkdir(t, sub)
		r.settle()
		r.take()
		mountAt(t, "ext4", image, sub)
		r.untilTold("a/sub", change.Scan)
		if got := r.w.LostMounts(); len(got) != 0 {
			t.Errorf("still missed: %v", got)
		}
		write(t, sub+"/d/g", "2")
		r.settle()
		r.same()
	})
}

func TestAnotherFileSystemInTheSamePlaceIsToldOfWhole(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		root, sub, _ := mountInside(t)
		mountAt(t, "tmpfs", "tmpfs", sub)
		write(t, sub+"/one", "1")
		r := watched(t, Options{Root: root, Backend: b})
		unmount(t, sub)
		mountAt(t, "tmpfs", "tmpfs", sub)
		write(t, sub+"/two", "2")
		r.untilTold("a/sub", change.Tree)
		r.settle()
		r.same()
	})
}

func TestMountBelowAnExcludedFolderIsIgnored(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		root, sub, _ := mountInside(t)
		r := watched(t, Options{Root: root, Backend: b, Excluded: func(path string, _ bool) bool { return path == "a" }})
		mountAt(t, "tmpfs", "tmpfs", sub)
		unmount(t, sub)
		write(t, root+"/f", "1")
		r.settle()
		r.same()
		if got := r.w.LostMounts(); len(got) > 0 {
			t.Errorf("missed: %v", got)
		}
	})
}

func TestFolderBoundIntoTheTreeTwice(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		dir := mountDisk(t, "host")
		root, outside := dir+"/root", dir+"/outside"
		mkdir(t, root+"/here/d")
		mkdir(t, root+"/inside")
		mkdir(t, root+"/from-outside")
		mkdir(t, outside+"/d")
		bind(t, root+"/here", root+"/inside")
		bind(t, outside, root+"/from-outside")
		r := watched(t, Options{Root: root, Backend: b, PollEvery: 200 * time.Millisecond})
		write(t, root+"/here/d/f", "1")
		write(t, outside+"/d/g", "1")
		r.settle()
		r.same()
	})
}

func bind(t *testing.T, from, to string) {
	t.Helper()
	if err := unix.Mount(from, to, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("cannot bind a folder here: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(to, unix.MNT_DETACH) })
}

func (r *rig) untilTold(path string, scope change.Scope) {
	r.t.Helper()
	var got []change.Change
	until(r.t, path+" is told of as a "+scope.String(), func() bool {
		got = append(got, r.take()...)
		return widely(find(got, path), scope)
	})
}

func TestWatchingKeepsNothingFromBeingUnmounted(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		root, sub, image := mountInside(t)
		mountAt(t, "ext4", image, sub)
		watched(t, Options{Root: root, Backend: b})
		unmount(t, sub)
	})
}

func TestMountListIsParsed(t *testing.T) {
	const list = `22 28 0:21 / /proc rw,nosuid - proc proc rw
36 35 98:0 /mnt1 /mnt\0402\134x rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue
nonsense
`
	got, err := parseMounts(strings.NewReader(list))
	must(t, err)
	want := []mount{
		{id: 22, fsdir: "/", point: "/proc", kind: "proc"},
		{id: 36, fsdir: "/mnt1", point: `/mnt 2\x`, kind: "ext3"},
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(mount{})); d != "" {
		t.Errorf("mounts (-want +got):\n%s", d)
	}
	if got[0].bind() || !got[1].bind() {
		t.Error("bind mounts are not told from others")
	}
}
