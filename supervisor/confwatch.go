package supervisor

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/syncsvc/syncsvc/config"
)

const (
	// settle is how long nothing must happen to the configuration before it is
	// read: editors write a file in several steps.
	settle = 500 * time.Millisecond
	// settleAtMost bounds that when something goes on happening.
	settleAtMost = 5 * time.Second
	// lookEvery is how often the folders are looked at when the kernel can't
	// tell, as without a free inotify instance.
	lookEvery = 5 * time.Second
)

// confWatch notices that module files may have changed. It watches the folder
// itself, what the folder and links in it point to, and the folders above, so
// that it may come, go and be replaced.
type confWatch struct {
	dir     string        // of module files
	files   []string      // other files of interest, absolute
	changed func()        // called when a burst has settled; not called at once with itself
	log     *slog.Logger  // for what can't be watched
	settle  time.Duration // settle, but for tests
	every   time.Duration // lookEvery, but for tests

	names map[string]bool // paths of interest besides module files; owned by run
}

// run watches until ctx ends.
func (w *confWatch) run(ctx context.Context) {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		w.log.Warn("configuration is not watched, but looked at now and then",
			"err", err, "every", w.every, "hint", "raise fs.inotify.max_user_instances")
		w.poll(ctx)
		return
	}
	defer notify.Close()
	w.listen(ctx, notify)
}

// listen waits for events and lets each burst settle.
func (w *confWatch) listen(ctx context.Context, notify *fsnotify.Watcher) {
	quiet := time.NewTimer(w.settle)
	defer quiet.Stop()
	quiet.Stop()
	var first time.Time // of a burst; zero = there is none
	for w.follow(notify); ; {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-notify.Events:
			if !ok {
				return
			}
			if !w.concerns(e.Name) {
				continue
			}
			w.follow(notify)
		case err, ok := <-notify.Errors:
			if !ok {
				return
			}
			w.log.Warn("configuration may have changed unseen", "err", err)
		case <-quiet.C:
			first = time.Time{}
			w.follow(notify)
			w.changed()
			continue
		}
		if first.IsZero() {
			first = time.Now()
		}
		quiet.Reset(min(w.settle, max(0, time.Until(first.Add(settleAtMost)))))
	}
}

// concerns reports whether something at path may change what is configured.
// What editors put beside a file does not.
func (w *confWatch) concerns(path string) bool {
	base := filepath.Base(path)
	return config.IsModuleFile(base) || w.names[path]
}

// follow brings what is watched in line with what is there. Watching a folder
// again is no work.
func (w *confWatch) follow(notify *fsnotify.Watcher) {
	want := w.folders()
	for _, dir := range notify.WatchList() {
		if !want[dir] {
			_ = notify.Remove(dir) // it may be gone, and its watch with it
		}
	}
	for dir := range want {
		if err := notify.Add(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			w.log.Warn("a folder of the configuration is not watched; use syncsvc reload after changes",
				"path", dir, "err", err)
		}
	}
}

// folders are all in which a change can concern the configuration. It finds out
// which names in them do.
func (w *confWatch) folders() map[string]bool {
	want := map[string]bool{}
	w.names = map[string]bool{}
	w.trace(want, w.dir, maxHops)
	for _, f := range w.files {
		w.trace(want, f, maxHops)
	}
	real, err := filepath.EvalSymlinks(w.dir)
	if err != nil {
		return want
	}
	want[real] = true
	entries, _ := os.ReadDir(real) // an unreadable one is reported by the reload
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink != 0 && w.concerns(e.Name()) {
			w.trace(want, filepath.Join(real, e.Name()), maxHops)
		}
	}
	return want
}

// maxHops is how many links one after the other the kernel follows.
const maxHops = 40

// trace adds the folder that path is in, or the nearest there is above it, and
// the same for every link on the way and what it leads to.
func (w *confWatch) trace(want map[string]bool, path string, hops int) {
	near := false // the nearest folder has been found
	for at := path; at != "/" && at != "." && hops > 0; at = filepath.Dir(at) {
		w.names[at] = true
		parent := filepath.Dir(at)
		info, err := os.Lstat(at)
		isLink := err == nil && info.Mode().Type()&fs.ModeSymlink != 0
		if isLink || !near && isFolder(parent) {
			near = true
			want[parent] = true
		}
		if !isLink {
			continue
		}
		if to, err := os.Readlink(at); err == nil {
			if !filepath.IsAbs(to) {
				to = filepath.Join(parent, to)
			}
			w.trace(want, to, hops-1)
		}
	}
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
