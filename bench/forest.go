package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

const (
	// forestTops times forestTwigs are the folders of the big tree; a top is
	// itself one of them.
	forestTops = 100
	// forestLeaves are the files of each folder. They are empty: comparing and
	// watching do not depend on their size.
	forestLeaves = 5
)

// forest is a big tree that is on a source and on its target alike.
type forest struct {
	*site
	twigs   int // in each top
	folders int
	files   int
}

// bigTree returns the forest and plants it the first time.
func (b *bench) bigTree() (*forest, error) {
	if b.forest != nil {
		return b.forest, nil
	}
	s, err := newSite(b.dir, 1)
	if err != nil {
		return nil, err
	}
	folders := b.scale(100_000)
	f := &forest{site: s, twigs: folders/forestTops - 1, folders: folders, files: folders * forestLeaves}
	b.forest = f // closed by bench, whatever becomes of it
	b.say("planting %d folders with %d files, twice", f.folders, f.files)
	if err := f.plant(); err != nil {
		return nil, fmt.Errorf("plant the big tree: %w", err)
	}
	return f, b.calm()
}

// middle is a folder in the middle of the tree, relative to its root.
func (f *forest) middle() string {
	return filepath.Join(fmt.Sprintf("top%03d", forestTops/2), fmt.Sprintf("twig%04d", f.twigs/2))
}

func (f *forest) plant() error {
	g := new(errgroup.Group)
	g.SetLimit(4)
	for i := range forestTops {
		for _, root := range []string{f.source, f.targets[0]} {
			g.Go(func() error { return f.plantTop(filepath.Join(root, fmt.Sprintf("top%03d", i))) })
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, root := range []string{f.source, f.targets[0]} {
		if err := backdate(root); err != nil {
			return err
		}
	}
	return nil
}

func (f *forest) plantTop(top string) error {
	if err := plantFolder(top); err != nil {
		return err
	}
	for i := range f.twigs {
		twig := filepath.Join(top, fmt.Sprintf("twig%04d", i))
		if err := plantFolder(twig); err != nil {
			return err
		}
		if err := backdate(twig); err != nil {
			return err
		}
	}
	return backdate(top)
}

func plantFolder(dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for i := range forestLeaves {
		leaf := filepath.Join(dir, fmt.Sprint("leaf", i))
		if err := unix.Mknod(leaf, unix.S_IFREG|0o644, 0); err != nil {
			return fmt.Errorf("make %s: %w", leaf, err)
		}
		if err := backdate(leaf); err != nil {
			return err
		}
	}
	return nil
}

// backdate gives both sides the same time, long ago.
func backdate(path string) error {
	past := time.Unix(1_600_000_000, 0)
	return os.Chtimes(path, past, past)
}
