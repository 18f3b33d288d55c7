package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// smallFile is the size of the many small files.
const smallFile = 4 << 10

// filler is what files are filled with: random, so that nothing compresses it.
type filler []byte

func newFiller() filler {
	f := make(filler, 1<<20)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range f {
		f[i] = byte(r.Uint32())
	}
	return f
}

// write makes a file; n makes its contents different from others'. size is at
// most half of the filler.
func (f filler) write(path string, n, size int) error {
	from := n * 7919 % (len(f) / 2)
	return os.WriteFile(path, f[from:from+size], 0o644)
}

// heap is a number of small files in new folders, by relative paths.
type heap struct {
	top   string
	dirs  []string
	files []string
}

// newHeap spreads files evenly over folders beneath the folder top.
func newHeap(top string, folders, files int) heap {
	h := heap{top: top}
	for i := range folders {
		h.dirs = append(h.dirs, filepath.Join(top, fmt.Sprintf("folder%03d", i)))
	}
	for i := range files {
		h.files = append(h.files, filepath.Join(h.dirs[i*folders/files], fmt.Sprintf("file%05d", i)))
	}
	return h
}

// write makes the folders and files beneath root, one after the other.
func (h heap) write(f filler, root string) error {
	for _, dir := range h.dirs {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return err
		}
	}
	for i, file := range h.files {
		if err := f.write(filepath.Join(root, file), i, smallFile); err != nil {
			return err
		}
	}
	return nil
}

// plant makes the heap on the source and on all targets, alike to rsync.
func (h heap) plant(f filler, s *site) error {
	past := time.Unix(1_600_000_000, 0)
	for _, root := range append([]string{s.source}, s.targets...) {
		if err := h.write(f, root); err != nil {
			return err
		}
		for _, file := range h.files {
			if err := os.Chtimes(filepath.Join(root, file), past, past); err != nil {
				return err
			}
		}
	}
	return nil
}

// beneath are the files as they are called on a target.
func (h heap) beneath(root string) []string {
	paths := make([]string, len(h.files))
	for i, file := range h.files {
		paths[i] = filepath.Join(root, file)
	}
	return paths
}

// calm writes out what the kernel has still in memory, so that one measurement
// does not pay for the one before.
func (b *bench) calm() error {
	dir, err := os.Open(b.dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	return unix.Syncfs(int(dir.Fd()))
}

// removeAll is os.RemoveAll, with several at work on the folders right beneath.
func removeAll(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	g := new(errgroup.Group)
	g.SetLimit(4)
	for _, e := range entries {
		g.Go(func() error { return os.RemoveAll(filepath.Join(dir, e.Name())) })
	}
	return errors.Join(g.Wait(), os.RemoveAll(dir))
}

// within is how long do took, or that it took longer than limit. Other errors
// are errors.
func within(ctx context.Context, limit time.Duration, begun time.Time, do func(context.Context) error) (took, error) {
	timed, cancel := context.WithDeadline(ctx, begun.Add(limit))
	defer cancel()
	err := do(timed)
	switch {
	case err == nil:
		return took{d: time.Since(begun)}, nil
	case ctx.Err() == nil && (errors.Is(err, errLate) || timed.Err() != nil):
		return took{limit, true}, nil
	}
	return took{}, err
}
