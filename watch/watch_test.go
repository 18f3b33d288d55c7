package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

func TestHorizonGoesOnWhileNothingHappens(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		r := watched(t, Options{Root: t.TempDir(), Backend: b})
		r.settle()
		for range 3 {
			now := time.Now()
			until(t, "the horizon is past now", func() bool { return !r.w.Horizon().Before(now) })
		}
	})
}

func TestHorizonWaitsForAFileThatIsStillWritten(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		r := watched(t, Options{Root: mountDisk(t, "host"), Backend: b, Quiet: time.Hour, AtMost: time.Hour})
		f, err := os.Create(r.path("log"))
		must(t, err)
		defer f.Close()
		write(t, r.path("other"), "1")
		now := time.Now()
		until(t, "the other file is told of", func() bool { return len(find(r.take(), "other")) > 0 })
		if h := r.w.Horizon(); !h.Before(now) {
			t.Errorf("horizon is %v past a file that is open", h.Sub(now))
		}
		must(t, f.Close())
		r.settle()
		r.same()
	})
}

func TestHorizonStandsStillAfterRun(t *testing.T) {
	r := watched(t, Options{Root: t.TempDir()})
	r.cancel()
	must(t, r.lostWith())
	ended := time.Now()
	if h := r.w.Horizon(); h.After(ended) {
		t.Errorf("horizon is %v after the end", h.Sub(ended))
	}
}

func TestStoppingTellsOfWhatStillSettles(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		dir := mountDisk(t, "host")
		mkdir(t, dir+"/root/old/sub")
		mkdir(t, dir+"/outside/in/sub")
		r := watched(t, Options{Root: dir + "/root", Backend: b, Quiet: time.Hour, AtMost: time.Hour})
		f, err := os.Create(r.path("log"))
		must(t, err)
		defer f.Close()
		must(t, os.Rename(r.path("old"), dir+"/outside/old"))
		must(t, os.Rename(dir+"/outside/in", r.path("in")))
		write(t, r.path("in/sub/f"), "1")
		r.cancel()
		must(t, r.lostWith())
		r.same()
	})
}

func TestNothingIsLostBetweenOpenAndRun(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		r := opened(t, Options{Root: mountDisk(t, "host"), Backend: b})
		r.scanned()
		before := r.w.Horizon()
		deepAndWide(t, r.root, 2)
		if h := r.w.Horizon(); h.After(before) {
			t.Errorf("horizon went on by %v without Run", h.Sub(before))
		}
		r.run()
		r.settle()
		r.same()
	})
}

func TestPollingScansSinceTheLookBefore(t *testing.T) {
	start := time.Now()
	r := watched(t, Options{Root: t.TempDir(), Backend: Poll, PollEvery: 60 * time.Millisecond})
	var scans []change.Change
	until(t, "there were three looks", func() bool {
		scans = append(scans, r.take()...)
		return len(scans) >= 3
	})
	for i, c := range scans {
		if c.Path != change.Root || c.Scope != change.Scan || c.Since.Before(start) {
			t.Errorf("look %d told of %v", i, c)
		}
		if i > 0 && !c.Since.After(scans[i-1].Since) {
			t.Errorf("look %d is since %v, the one before since %v", i, c.Since, scans[i-1].Since)
		}
	}
	if h, last := r.w.Horizon(), scans[len(scans)-1]; h.Before(last.Since) {
		t.Errorf("horizon %v is before %v", h, last.Since)
	}
	now := time.Now()
	until(t, "the horizon is past now", func() bool { return !r.w.Horizon().Before(now) })
}

// TestRenameIsToldOfInOneBatch tries a few times: the kernel may be interrupted
// between the two halves for so long, on a busy machine, that nobody waits for the
// second.
func TestRenameIsToldOfInOneBatch(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		root := mountDisk(t, "host")
		mkdir(t, root+"/album/d")
		write(t, root+"/big", "1")
		r := watched(t, Options{Root: root, Backend: b})
		var wrong []string
		for range 5 {
			must(t, os.Rename(r.path("album"), r.path("renamed")))
			must(t, os.Rename(r.path("big"), r.path("bigger")))
			r.settle()
			if wrong = notInOneBatch(r.take()); len(wrong) == 0 {
				return
			}
			must(t, os.Rename(r.path("renamed"), r.path("album")))
			must(t, os.Rename(r.path("bigger"), r.path("big")))
			r.settle()
			r.take()
		}
		t.Errorf("told of %s", strings.Join(wrong, "\n"))
	})
}

// notInOneBatch returns what is not told of as it should be.
func notInOneBatch(got []change.Change) (wrong []string) {
	for path, want := range map[string]change.Change{
		"renamed": {Path: "renamed", Scope: change.Tree, Was: "album"},
		"album":   {Path: "album", Scope: change.Tree, Quick: true},
		"bigger":  {Path: "bigger", Was: "big"},
		"big":     {Path: "big", Quick: true},
	} {
		told := find(got, path)
		if len(told) == 1 {
			told[0].Since = time.Time{}
		}
		if len(told) != 1 || told[0] != want {
			wrong = append(wrong, fmt.Sprintf("%s: %v, want %v", path, told, want))
		}
	}
	return wrong
}

// leaves out everything whose name begins with "x", and /p/cache.
func leaves(path string, _ bool) bool {
	return strings.HasPrefix(filepath.Base(path), "x") || path == "p/cache"
}

func TestExcludedNamesAreNotToldOf(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		root := mountDisk(t, "host")
		mkdir(t, root+"/x1/a")
		r := watched(t, Options{Root: root, Backend: b, Excluded: leaves})
		write(t, r.path("x1/a/f"), "1")
		write(t, r.path("x.swp"), "1")
		mkdir(t, r.path("x2/b"))
		write(t, r.path("x2/b/f"), "1")
		write(t, r.path("ok"), "1")
		r.settle()
		r.same()
		for _, c := range r.take() {
			if c.Path != "ok" {
				t.Errorf("told of %v", c)
			}
		}
	})
}

func TestRenamesIntoAndOutOfTheFilter(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		root := mountDisk(t, "host")
		mkdir(t, root+"/x1/a")
		write(t, root+"/x1/a/f", "1")
		mkdir(t, root+"/d/a")
		mkdir(t, root+"/p/cache/deep")
		mkdir(t, root+"/q/cache/deep")
		write(t, root+"/x.tmp", "1")
		write(t, root+"/kept", "1")
		r := watched(t, Options{Root: root, Backend: b, Excluded: leaves})
		must(t, os.Rename(r.path("x1"), r.path("y1")))
		must(t, os.Rename(r.path("d"), r.path("x.d")))
		must(t, os.Rename(r.path("x.tmp"), r.path("final")))
		must(t, os.Rename(r.path("kept"), r.path("x.kept")))
		must(t, os.Rename(r.path("p"), r.path("r")))
		must(t, os.Rename(r.path("q"), r.path("p")))
		r.settle()
		write(t, r.path("y1/a/f"), "2")
		mkdir(t, r.path("x.d/a/b"))
		write(t, r.path("x.d/a/b/f"), "2")
		write(t, r.path("r/cache/deep/f"), "now included")
		write(t, r.path("p/cache/deep/f"), "now excluded")
		r.settle()
		r.same()
		if s := r.w.Status(); s.Backend == Inotify {
			until(t, "the excluded folders are let go of", func() bool { return r.w.Status().Folders == 7 })
		}
	})
}

func TestClosingEndsRun(t *testing.T) {
	eachWay(t, func(t *testing.T, b Backend) {
		r := watched(t, Options{Root: t.TempDir(), Backend: b})
		must(t, r.w.Close())
		must(t, r.lostWith())
		must(t, r.w.Close())
		if err := r.w.Run(t.Context(), nil); err == nil {
			t.Error("Run again returned no error")
		}
		r.w.Horizon()
		r.w.Status()
	})
}

func TestClosingWithoutRun(t *testing.T) {
	w, err := Open(t.Context(), Options{Root: t.TempDir()})
	must(t, err)
	must(t, w.Close())
}
