package supervisor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// poll looks at the configuration every now and then, and waits with what it
// sees until two looks are alike.
func (w *confWatch) poll(ctx context.Context) {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	told := w.look()
	last := told
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := w.look()
		if now == last && now != told {
			told = now
			w.changed()
		}
		last = now
	}
}

// look describes all files of the configuration so that a change of one
// changes the description.
func (w *confWatch) look() string {
	var b strings.Builder
	files := append([]string{w.dir}, w.files...)
	entries, _ := os.ReadDir(w.dir)
	for _, e := range entries {
		if path := filepath.Join(w.dir, e.Name()); w.concerns(path) {
			files = append(files, path)
		}
	}
	for _, path := range files {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			fmt.Fprintf(&b, "%q gone\n", path)
		case info.IsDir():
			fmt.Fprintf(&b, "%q folder\n", path)
		default:
			fmt.Fprintf(&b, "%q %d %s %v\n", path, info.Size(), info.ModTime(), inode(info))
		}
	}
	return b.String()
}
