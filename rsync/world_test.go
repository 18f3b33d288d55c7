package rsync

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/rsync/rsyncd"
)

// world is a source, a target folder, a daemon that serves it as "m" and a
// runner.
type world struct {
	testing.TB
	src, dst string
	daemon   *rsyncd.Daemon
	runner   *Runner
}

// newWorld serves dst with the given settings for module m.
func newWorld(tb testing.TB, extra ...string) *world {
	tb.Helper()
	w := &world{TB: tb, src: tb.TempDir(), dst: tb.TempDir(), runner: NewRunner()}
	tb.Cleanup(func() { w.runner.Close() })
	// TempDir makes its parents for us alone; other users are to read them.
	for _, dir := range []string{w.src, w.dst, filepath.Dir(w.src)} {
		w.must(os.Chmod(dir, 0o755))
	}
	w.daemon = serve(tb, rsyncd.Module{Name: "m", Path: w.dst, Extra: extra})
	return w
}

// serve starts a daemon that ends with the test.
func serve(tb testing.TB, modules ...rsyncd.Module) *rsyncd.Daemon {
	tb.Helper()
	d, err := rsyncd.Start(rsyncd.Options{Dir: tb.TempDir(), Modules: modules})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(d.Kill) // a daemon takes 0.4 s to stop by itself
	return d
}

// target is the daemon's module m.
func (w *world) target() Target { return daemonTarget(w.daemon, "m") }

func daemonTarget(d *rsyncd.Daemon, module string) Target {
	return Target{Kind: Daemon, Host: "127.0.0.1", Port: d.Port, Module: module, Timeout: 2 * time.Minute, ConnectTimeout: time.Minute}
}

// local is the same folder without a daemon.
func (w *world) local() Target { return Target{Kind: Local, Path: w.dst} }

// flat is a flat job with deletions.
func (w *world) flat(paths ...string) Job {
	return Job{Dir: w.src, Paths: paths, Delete: true, MaxDelete: -1}
}

func (w *world) tree(paths ...string) Job {
	j := w.flat(paths...)
	j.Tree = true
	return j
}

// run runs a job that has to end in one of the classes.
func (w *world) run(t Target, j Job, want ...Class) Result {
	w.Helper()
	r := w.runner.Run(context.Background(), t, j)
	for _, class := range want {
		if r.Class == class {
			return r
		}
	}
	if len(want) > 0 {
		w.Fatalf("class %s, want %s\nargv %q\nresult %+v", r.Class, want, Command(t, j), r)
	}
	return r
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// write makes files in the source, "name" or "name=text"; "dir/" makes a
// folder.
func (w *world) write(entries ...string) { w.Helper(); w.writeIn(w.src, entries...) }

// put makes them on the target.
func (w *world) put(entries ...string) { w.Helper(); w.writeIn(w.dst, entries...) }

func (w *world) writeIn(root string, entries ...string) {
	w.Helper()
	for _, e := range entries {
		name, text, _ := strings.Cut(e, "=")
		if strings.HasSuffix(name, "/") {
			w.must(os.MkdirAll(filepath.Join(root, name), 0o755))
			continue
		}
		w.must(os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755))
		w.must(os.WriteFile(filepath.Join(root, name), []byte(text), 0o644))
	}
}

func (w *world) remove(names ...string) {
	w.Helper()
	for _, name := range names {
		w.must(os.RemoveAll(filepath.Join(w.src, name)))
	}
}

// holds compares the target's entries, folders with a slash, with what is
// wanted.
func (w *world) holds(want ...string) {
	w.Helper()
	if diff := cmp.Diff(want, entries(w, w.dst)); diff != "" {
		w.Fatalf("on the target (-want +got):\n%s", diff)
	}
}

func entries(tb testing.TB, root string) []string {
	tb.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		name := strings.TrimPrefix(path, root+"/")
		if d.IsDir() {
			name += "/"
		}
		found = append(found, name)
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return found
}

// eventually waits for a condition of the outside world.
func eventually(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			tb.Fatalf("waited in vain: %s", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// needRoot skips where ownership or mounts cannot be played with.
func needRoot(tb testing.TB) {
	tb.Helper()
	if os.Getuid() != 0 {
		tb.Skip("needs root")
	}
}

// failedPaths are the paths of the failures in order.
func failedPaths(r Result) []string {
	var paths []string
	for _, f := range r.Failed {
		paths = append(paths, f.Path)
	}
	return paths
}
