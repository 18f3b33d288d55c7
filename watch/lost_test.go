package watch

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// loses watches a root that something is done to, and checks that this ends
// Run, says why, and tells of nothing.
func loses(t *testing.T, o Options, do func(), want ...Reason) {
	t.Helper()
	r := watched(t, o)
	do()
	err := r.lostWith()
	var lost *LostError
	if !errors.As(err, &lost) || !errors.Is(err, ErrRootLost) {
		t.Fatalf("Run returned %v", err)
	}
	if lost.Reason != want[0] && lost.Reason != want[len(want)-1] {
		t.Errorf("lost because %s, want %s", lost.Reason, want)
	}
	for _, c := range r.take() {
		if c.Path == change.Root || c.Scope != change.Entry {
			t.Errorf("told of %v although the root is lost", c)
		}
	}
}

// eachWay runs a test with all three backends.
func eachWay(t *testing.T, fn func(t *testing.T, b Backend)) {
	t.Run(string(Poll), func(t *testing.T) {
		t.Parallel()
		fn(t, Poll)
	})
	eachBackend(t, fn)
}

func TestRootIsRemoved(t *testing.T) {
	eachWay(t, func(t *testing.T, b Backend) {
		root := filepath.Join(mountDisk(t, "host"), "root")
		mkdir(t, root)
		loses(t, Options{Root: root, Backend: b}, func() { must(t, os.Remove(root)) }, Removed)
	})
}

func TestRootIsRemovedWhileSomebodyIsInIt(t *testing.T) {
	eachWay(t, func(t *testing.T, b Backend) {
		root := filepath.Join(mountDisk(t, "host"), "root")
		mkdir(t, root)
		fd, err := unix.Open(root, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		must(t, err)
		defer unix.Close(fd)
		loses(t, Options{Root: root, Backend: b}, func() { must(t, os.Remove(root)) }, Removed)
	})
}

func TestRootIsRenamed(t *testing.T) {
	eachWay(t, func(t *testing.T, b Backend) {
		root := filepath.Join(mountDisk(t, "host"), "root")
		mkdir(t, root)
		loses(t, Options{Root: root, Backend: b}, func() { must(t, os.Rename(root, root+"2")) }, RenamedAway, Removed)
	})
}

func TestFolderAboveTheRootIsRenamed(t *testing.T) {
	eachWay(t, func(t *testing.T, b Backend) {
		above := filepath.Join(mountDisk(t, "host"), "above")
		mkdir(t, above+"/root")
		loses(t, Options{Root: above + "/root", Backend: b}, func() { must(t, os.Rename(above, above+"2")) }, Removed)
	})
}

func TestRootIsReplaced(t *testing.T) {
	eachWay(t, func(t *testing.T, b Backend) {
		root := filepath.Join(mountDisk(t, "host"), "root")
		mkdir(t, root)
		mkdir(t, root+".new")
		loses(t, Options{Root: root, Backend: b}, func() {
			must(t, unix.Renameat2(unix.AT_FDCWD, root, unix.AT_FDCWD, root+".new", unix.RENAME_EXCHANGE))
		}, Replaced)
	})
}

func TestLinkThatIsTheRootLeadsElsewhere(t *testing.T) {
	eachWay(t, func(t *testing.T, b Backend) {
		dir := mountDisk(t, "host")
		mkdir(t, dir+"/one")
		mkdir(t, dir+"/two")
		must(t, os.Symlink("one", dir+"/current"))
		loses(t, Options{Root: dir + "/current", Backend: b}, func() {
			must(t, os.Symlink("two", dir+"/next"))
			must(t, os.Rename(dir+"/next", dir+"/current"))
		}, Replaced)
	})
}

func TestRootIsUnmounted(t *testing.T) {
	eachWay(t, func(t *testing.T, b Backend) {
		point := filepath.Dir(mountDisk(t, "tmpfs"))
		write(t, point+"/f", "1")
		loses(t, Options{Root: point, Backend: b}, func() { unmount(t, point) }, Unmounted)
	})
}

func TestRootIsUnmountedLazily(t *testing.T) {
	eachWay(t, func(t *testing.T, b Backend) {
		point := filepath.Dir(mountDisk(t, "tmpfs"))
		loses(t, Options{Root: point, Backend: b}, func() { must(t, unix.Unmount(point, unix.MNT_DETACH)) }, Unmounted)
	})
}

func TestRootIsRemounted(t *testing.T) {
	eachWay(t, func(t *testing.T, b Backend) {
		dir := t.TempDir()
		image := makeImage(t, "ext4", dir)
		point := filepath.Join(dir, "mnt")
		mkdir(t, point)
		mountAt(t, "ext4", image, point)
		loses(t, Options{Root: realPath(t, point), Backend: b}, func() {
			unmount(t, point)
			mountAt(t, "ext4", image, point)
		}, Unmounted, Covered)
	})
}

func TestSomethingIsMountedOnTheRoot(t *testing.T) {
	eachWay(t, func(t *testing.T, b Backend) {
		root := mountDisk(t, "host")
		write(t, root+"/f", "1")
		loses(t, Options{Root: root, Backend: b}, func() { mountAt(t, "tmpfs", "tmpfs", root) }, Covered)
	})
}

func TestNoRootIsAnError(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/file", "")
	for _, root := range []string{"relative", dir + "/none", dir + "/file"} {
		if w, err := Open(t.Context(), Options{Root: root}); err == nil {
			t.Errorf("%s: no error", root)
			_ = w.Close()
		}
	}
}
