package watch

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// A hardened service sees its sources read-only, and others write to them.
func TestFanotifyHearsOfWritersToWhatIsReadOnlyForUs(t *testing.T) {
	dir := mountDisk(t, "host")
	root, shown := filepath.Join(dir, "root"), filepath.Join(dir, "shown")
	mkdir(t, root+"/d")
	mkdir(t, shown)
	must(t, opened(t, Options{Root: root, Backend: Fanotify}).w.Close()) // or there is none here
	readOnly(t, root, shown)
	w, err := Open(t.Context(), Options{Root: shown, Backend: Fanotify})
	must(t, err)
	must(t, w.Close())
	if got := w.Status(); got.Backend != Fanotify {
		t.Fatalf("it is watched by %s: %s", got.Backend, got.Why)
	}
	r := watched(t, Options{Root: shown, Backend: Fanotify})
	write(t, root+"/d/f", "1")
	must(t, os.Rename(root+"/d", root+"/e"))
	r.settle()
	r.same()
}

// readOnly shows a folder at a second place, where nobody can write to it.
func readOnly(t *testing.T, dir, at string) {
	t.Helper()
	if err := unix.Mount(dir, at, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("cannot mount here: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(at, unix.MNT_DETACH) })
	must(t, unix.Mount("", at, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""))
}
