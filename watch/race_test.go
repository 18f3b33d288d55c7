package watch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// deepAndWide makes chains of eight folders with files in each, as fast as it
// can: what is written before a folder is watched is only found by listing.
func deepAndWide(t testing.TB, root string, chains int) {
	t.Helper()
	for i := range chains {
		dir := filepath.Join(root, fmt.Sprint("chain", i))
		for depth := range 8 {
			dir = filepath.Join(dir, fmt.Sprint("d", depth))
			mkdir(t, dir)
			for file := range 8 {
				write(t, filepath.Join(dir, fmt.Sprint("f", file)), "x")
			}
		}
	}
}

func TestFilesInFoldersJustMadeAreNotMissed(t *testing.T) {
	chains := 60
	if long() {
		chains = 1000
	}
	eachBackend(t, func(t *testing.T, b Backend) {
		r := watched(t, Options{Root: mountDisk(t, "host"), Backend: b})
		deepAndWide(t, r.root, chains)
		r.settle()
		r.same()
	})
}

func TestChainRenamedAtOnceIsNotMissed(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		r := watched(t, Options{Root: mountDisk(t, "host"), Backend: b})
		for i := range 20 {
			work := r.path(fmt.Sprint("work", i))
			deepAndWide(t, work, 1)
			must(t, os.Rename(work, r.path(fmt.Sprint("done", i))))
		}
		r.settle()
		r.same()
	})
}

func TestFolderRenamedWhileItIsWrittenTo(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		r := watched(t, Options{Root: mountDisk(t, "host"), Backend: b})
		mkdir(t, r.path("a/b"))
		dir, err := unix.Open(r.path("a/b"), unix.O_PATH|unix.O_CLOEXEC, 0)
		must(t, err)
		defer unix.Close(dir)
		for i := range 300 {
			inside := fmt.Sprintf("/proc/self/fd/%d/f%d", dir, i)
			write(t, inside, "x")
			must(t, os.Mkdir(inside+".d", 0o755))
			write(t, inside+".d/g", "x")
			must(t, os.Rename(r.path([]string{"a", "z"}[i%2]), r.path([]string{"z", "a"}[i%2])))
		}
		r.settle()
		r.same()
	})
}

// TestFolderRenamedOftenIsWalkedOnce: when it was renamed 900 times before
// anybody looked, with a folder made in it each time, it was walked as often,
// which took 20 seconds.
func TestFolderRenamedOftenIsWalkedOnce(t *testing.T) {
	renamed := make(chan struct{})
	r := opened(t, Options{Root: mountDisk(t, "host"), Backend: Inotify, beforeRead: func() { <-renamed }})
	r.scanned() // as after every Open
	mkdir(t, r.path("a"))
	walks := 0
	n := r.w.src.(*inotify)
	r.runTo(func(batch []change.Change) {
		now := 0
		for j := range n.jobs {
			if j.mode == walking {
				now++
			}
		}
		walks = max(walks, now)
		r.emit(batch)
	})
	for i := range 100 {
		at := r.path([]string{"a", "z"}[i%2])
		mkdir(t, filepath.Join(at, fmt.Sprint("d", i)))
		write(t, filepath.Join(at, fmt.Sprint("d", i), "f"), "x")
		must(t, os.Rename(at, r.path([]string{"z", "a"}[i%2])))
	}
	close(renamed)
	r.settle()
	r.same()
	r.tableIsTrue()
	if walks > 1 {
		t.Errorf("%d walks of the same folder were under way", walks)
	}
}

func TestTreeThatChangesWhileItIsArmed(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		root := mountDisk(t, "host")
		deepAndWide(t, root, 100)
		r := &rig{t: t, root: root, mirror: newMirror(root, nil), done: make(chan error, 1)}
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			shuffle(root, stop)
		}()
		w, err := Open(context.Background(), Options{Root: root, Backend: b})
		close(stop)
		<-stopped
		must(t, err)
		r.w = w
		r.scanned() // as after every Open
		r.run()
		r.settle()
		deepAndWide(t, r.path("chain7/d0/d1"), 1)
		r.settle()
		r.same()
		r.tableIsTrue()
	})
}

// shuffle renames chains among each other until told to stop.
func shuffle(root string, stop chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		a := filepath.Join(root, fmt.Sprint("chain", i%100), "d0")
		b := filepath.Join(root, fmt.Sprint("chain", (i+1)%100), fmt.Sprint("from", i%7))
		_ = os.Rename(a, b)
		_ = os.Rename(b, a)
		_ = os.MkdirAll(filepath.Join(a, "d1", fmt.Sprint("n", i), "m"), 0o755)
	}
}

func TestPathLongerThanTheKernelTakes(t *testing.T) {
	eachBackend(t, func(t *testing.T, b Backend) {
		root := mountDisk(t, "host")
		for len(root) < 3600 {
			root += "/" + fmt.Sprintf("%0200d", 0)
		}
		mkdir(t, root)
		r := watched(t, Options{Root: root, Backend: b, PollEvery: time.Hour})
		dir, err := unix.Open(root, unix.O_PATH|unix.O_CLOEXEC, 0)
		must(t, err)
		path := ""
		for i := range 4 {
			name := fmt.Sprintf("%d%0200d", i, 0)
			path = filepath.Join(path, name)
			must(t, unix.Mkdirat(dir, name, 0o755))
			next, err := unix.Openat(dir, name, unix.O_PATH|unix.O_CLOEXEC, 0)
			must(t, err)
			unix.Close(dir)
			dir = next
		}
		defer unix.Close(dir)
		r.settle()
		r.take()
		fd, err := unix.Openat(dir, "f", unix.O_CREAT|unix.O_WRONLY|unix.O_CLOEXEC, 0o644)
		must(t, err)
		unix.Close(fd)
		r.settle()
		got := r.take()
		if len(find(got, path+"/f")) == 0 && len(find(got, change.Root)) == 0 {
			t.Errorf("told of %v", got)
		}
	})
}
