package watch

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// patience is how long a test waits for what must come: the machine may be busy.
// Under thirty times its load, 600 changes of a tree have taken a minute.
const patience = 3 * time.Minute

// rig is a watched tree with a mirror that follows every change it is told of
// the moment it is told.
type rig struct {
	t      testing.TB
	root   string
	w      *Watcher
	mirror *mirror
	cancel context.CancelFunc
	done   chan error

	mu  sync.Mutex
	got []change.Change
}

// watched opens and runs a watcher until the test ends. The Scan Run begins
// with is taken out.
func watched(t testing.TB, o Options) *rig {
	t.Helper()
	r := opened(t, o)
	r.scanned()
	r.run()
	until(t, "Run has begun", r.begun)
	if first := r.take(); len(first) == 0 || first[0].Scope != change.Scan || first[0].Path != change.Root {
		t.Fatalf("Run began with %v, want a scan of the root", first)
	}
	return r
}

func (r *rig) begun() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.got) > 0
}

func opened(t testing.TB, o Options) *rig {
	t.Helper()
	if testing.Verbose() {
		o.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	w, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if o.Backend != "" && o.Backend != Auto && w.Status().Backend != o.Backend {
		_ = w.Close()
		t.Skipf("no %s here: %s", o.Backend, w.Status().Why)
	}
	return &rig{t: t, root: o.Root, w: w, mirror: newMirror(o.Root, o.Excluded), done: make(chan error, 1)}
}

func (r *rig) run() { r.runTo(r.emit) }

func (r *rig) runTo(emit func([]change.Change)) {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() {
		err := r.w.Run(ctx, emit)
		if err != nil {
			r.t.Logf("Run: %v", err)
		}
		r.done <- err
	}()
	r.t.Cleanup(func() {
		cancel()
		if err := r.w.Close(); err != nil {
			r.t.Errorf("close: %v", err)
		}
	})
}

func (r *rig) emit(batch []change.Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, batch...)
	for _, c := range batch {
		r.mirror.follow(c)
	}
}

// scanned does what a scan of the root is asked for.
func (r *rig) scanned() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mirror.tree(change.Root)
}

// settle waits until everything that happened before the call was emitted.
func (r *rig) settle() {
	r.t.Helper()
	now := time.Now()
	until(r.t, "everything is told of", func() bool { return !r.w.Horizon().Before(now) })
}

// take returns what was emitted since the last call.
func (r *rig) take() []change.Change {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

// lostWith waits for the end of Run.
func (r *rig) lostWith() error {
	r.t.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(patience):
		r.t.Fatal("Run goes on although the root is lost")
		return nil
	}
}

// same reports where the mirror differs from the tree.
func (r *rig) same() {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.mirror.differences() {
		r.t.Errorf("mirror differs: %s", d)
	}
}

// until waits for a condition.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("%s: still not so after %v", what, patience)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (r *rig) path(rel string) string { return filepath.Join(r.root, rel) }

// find returns the changes told for a path.
func find(got []change.Change, path string) []change.Change {
	return slices.DeleteFunc(slices.Clone(got), func(c change.Change) bool { return c.Path != path })
}

// must fails the test on an error of the test's own doing.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o644))
}

func mkdir(t testing.TB, path string) {
	t.Helper()
	must(t, os.MkdirAll(path, 0o755))
}

// disks are the file systems everything is tried on. The host's own is the one
// temporary folders are on.
func disks() []string { return []string{"host", "ext4", "xfs", "tmpfs"} }

// eachDisk runs a test on every kind of file system and with both backends.
func eachDisk(t *testing.T, fn func(t *testing.T, dir string, b Backend)) {
	for _, kind := range disks() {
		eachBackend(t, func(t *testing.T, b Backend) {
			t.Run(kind, func(t *testing.T) { fn(t, mountDisk(t, kind), b) })
		})
	}
}

// eachBackend runs a test with both backends at once.
func eachBackend(t *testing.T, fn func(t *testing.T, b Backend)) {
	for _, b := range []Backend{Inotify, Fanotify} {
		t.Run(string(b), func(t *testing.T) {
			t.Parallel()
			fn(t, b)
		})
	}
}

// mountDisk returns an empty folder on a new file system of that kind.
func mountDisk(t testing.TB, kind string) string {
	t.Helper()
	dir := t.TempDir()
	if kind == "host" {
		return realPath(t, dir)
	}
	point := filepath.Join(dir, "mnt")
	mkdir(t, point)
	mountAt(t, kind, makeImage(t, kind, dir), point)
	sub := filepath.Join(point, "dir")
	mkdir(t, sub)
	return realPath(t, sub)
}

func realPath(t testing.TB, dir string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(dir)
	must(t, err)
	return dir
}

// makeImage makes a file with a file system in it; none for tmpfs.
func makeImage(t testing.TB, kind, dir string) string {
	t.Helper()
	if kind == "tmpfs" {
		return "tmpfs"
	}
	image := filepath.Join(dir, kind+".img")
	f, err := os.Create(image)
	must(t, err)
	must(t, f.Truncate(320<<20))
	must(t, f.Close())
	if out, err := exec.Command("mkfs."+kind, "-q", image).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.%s: %v: %s", kind, err, out)
	}
	return image
}

// mountAt mounts until the test ends.
func mountAt(t testing.TB, kind, source, point string) {
	t.Helper()
	args := []string{"-t", kind, source, point}
	if kind != "tmpfs" {
		args = append([]string{"-o", "loop"}, args...)
	}
	if out, err := exec.Command("mount", args...).CombinedOutput(); err != nil {
		t.Skipf("cannot mount %s here: %v: %s", kind, err, out)
	}
	t.Cleanup(func() { _ = unix.Unmount(point, unix.MNT_DETACH) })
}

// unmount tries again while somebody is there: a process that another test has
// forked has all our files until it becomes another program.
func unmount(t testing.TB, point string) {
	t.Helper()
	until(t, "it is unmounted", func() bool { return unix.Unmount(point, 0) == nil })
}

func itoa(n int) string { return strconv.Itoa(n) }
