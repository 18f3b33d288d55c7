package supervisor

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// watched is a configuration folder under watch.
type watched struct {
	testing.TB
	dir     string
	changes chan struct{} // has room for every change of a test
}

// watchConf watches dir until the test ends, and returns once what is done to
// it is seen.
func watchConf(t *testing.T, dir string, run func(*confWatch, context.Context)) *watched {
	t.Helper()
	w := &watched{TB: t, dir: dir, changes: make(chan struct{}, 100)}
	c := &confWatch{
		dir: dir, settle: 50 * time.Millisecond, every: 10 * time.Millisecond, log: slog.New(slog.DiscardHandler),
		changed: func() { w.changes <- struct{}{} },
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); run(c, ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return w
}

// seen does something until a change is noticed: the first time may come
// before anything is watched.
func (w *watched) seen(what string, do func()) {
	w.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for do(); ; do() {
		select {
		case <-w.changes:
			return
		case <-again.C:
		case <-deadline.C:
			w.Fatalf("%s was not noticed", what)
		}
	}
}

func (w *watched) put(path, text string) {
	w.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

// must fails the test when something it prepares does not work.
func (w *watched) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func waysToWatch() map[string]func(*confWatch, context.Context) {
	return map[string]func(*confWatch, context.Context){"notify": (*confWatch).run, "poll": (*confWatch).poll}
}

func TestEditsOfModuleFilesAreSeen(t *testing.T) {
	for name, way := range waysToWatch() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			w := watchConf(t, dir, way)
			file := filepath.Join(dir, "www.yaml")
			n := 0
			text := func() string { n++; return time.Now().String() }
			w.seen("a new file", func() { w.put(file, text()) })
			w.seen("vim's way to save", func() {
				w.put(filepath.Join(dir, "4913"), "")
				w.must(os.Remove(filepath.Join(dir, "4913")))
				w.must(os.Rename(file, file+"~"))
				w.put(file, text())
				w.must(os.Remove(file + "~"))
			})
			w.seen("sed -i", func() {
				if out, err := exec.Command("sed", "-i", "s/^/# /", file).CombinedOutput(); err != nil {
					w.Fatalf("sed: %v\n%s", err, out)
				}
			})
			w.seen("a rename", func() {
				w.must(os.Rename(file, filepath.Join(dir, "bbs.yaml")))
				w.must(os.Rename(filepath.Join(dir, "bbs.yaml"), file))
				w.put(file, text())
			})
			w.seen("a removal", func() { os.Remove(file) })
		})
	}
}

func TestFolderThatComesAndGoesIsWatched(t *testing.T) {
	for name, way := range waysToWatch() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "etc", "conf.d")
			w := watchConf(t, dir, way)
			fill := func() {
				w.must(os.MkdirAll(dir, 0o700))
				w.put(filepath.Join(dir, "www.yaml"), time.Now().String())
			}
			w.seen("a folder that appears", fill)
			w.seen("its removal", func() { w.must(os.RemoveAll(filepath.Dir(dir))) })
			w.seen("a folder made again", fill)
			w.seen("a file in it", fill)
			n := 0
			w.seen("a folder above that is put aside", func() {
				n++
				w.must(os.Rename(filepath.Dir(dir), filepath.Dir(dir)+fmt.Sprint(n)))
				fill()
			})
			w.seen("a file in the new one", fill)
		})
	}
}

func TestFolderThatIsALinkIsWatched(t *testing.T) {
	for name, way := range waysToWatch() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			dir, one, two := filepath.Join(home, "conf.d"), filepath.Join(home, "1", "conf"), filepath.Join(home, "2", "conf")
			w := watchConf(t, dir, way)
			w.must(os.MkdirAll(one, 0o700))
			w.must(os.MkdirAll(two, 0o700))
			w.must(os.Symlink(one, dir))
			w.seen("a file where the link leads", func() { w.put(filepath.Join(one, "www.yaml"), time.Now().String()) })
			w.put(filepath.Join(two, "www.yaml"), "other")
			at, other := one, two
			w.seen("another folder behind the link", func() {
				at, other = other, at
				w.must(os.Symlink(at, dir+".new"))
				w.must(os.Rename(dir+".new", dir))
			})
			w.seen("a file there", func() { w.put(filepath.Join(at, "www.yaml"), time.Now().String()) })
		})
	}
}

func TestFileThatIsALinkIsWatched(t *testing.T) {
	dir, shared := t.TempDir(), t.TempDir()
	w := watchConf(t, dir, (*confWatch).run)
	real := filepath.Join(shared, "any.yaml")
	w.put(real, "one")
	w.must(os.Symlink(real, filepath.Join(dir, "www.yaml")))
	w.seen("the link or its file", func() { w.put(real, time.Now().String()) })
	w.seen("the file behind the link", func() { w.put(real, time.Now().String()) })
}

func TestWhatEditorsPutBesideAFileIsNothing(t *testing.T) {
	w := &confWatch{dir: "/etc/syncsvc/conf.d"}
	for name, want := range map[string]bool{
		"www.yaml": true, "www.yml": true, "www.json": true,
		"4913": false, ".www.yaml.swp": false, ".#www.yaml": false, "#www.yaml#": false,
		"www.yaml~": false, "sedAbCdEf": false, "www.yaml.rpmnew": false, "www.yaml.new123": false,
	} {
		if got := w.concerns(filepath.Join(w.dir, name)); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	w.folders()
	for path, want := range map[string]bool{"/etc/syncsvc/conf.d": true, "/etc/syncsvc": true, "/etc/sync": false} {
		if got := w.concerns(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}
