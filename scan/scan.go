// Package scan walks a tree and yields what changed since a moment.
//
// It keeps no index: the change time of every inode, which no program can set
// back, says what to look at. That is how a mirror catches up after a restart,
// a crash, a lost event or a long outage without comparing everything. It is
// also how a tree is mirrored that nobody can watch.
//
// It does not watch, send, delete or remember anything, and it does not see
// what leaves no trace in a change time: a file system mounted (or a btrfs
// snapshot put) into the tree since the moment, stores through a shared memory
// map that the kernel has not written back yet, and, on xfs, two neighbouring
// folders that RENAME_EXCHANGE swapped. A full compare finds those.
package scan

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

const (
	// defaultMargin covers the kernel's coarse clock (a change time may be one
	// tick, 10 ms at worst, earlier than the clock said) and steps too small
	// to be called a clock change.
	defaultMargin  = 2 * time.Second
	defaultWorkers = 4
)

// Options say what to walk and what counts as changed.
type Options struct {
	// Root is the watch root: an absolute path, or /proc/self/fd/N of an open
	// folder. It may be a symbolic link; nothing beneath it is followed.
	Root string
	// Under is the path relative to Root to walk; "" and "." mean all. It is
	// taken as included whatever Excluded says.
	Under string
	// Since is the moment: what changed before it is known to be everywhere.
	// Zero means that nothing is yielded, only counted.
	Since time.Time
	// Margin is taken off Since because clocks are coarse. Zero means 2 s.
	Margin time.Duration
	// Excluded says whether a path, whose folders are all included, is left
	// out together with all that is in it. It is called by several goroutines
	// at once. nil means that nothing is excluded.
	Excluded func(path string, dir bool) bool
	// Workers is the number of folders read at the same time. Zero means 4.
	Workers int
	// OneFileSystem leaves out what other file systems mounted inside the tree
	// hold, as rsync's -x does. By default they belong to the tree.
	OneFileSystem bool
}

// Walk calls emit with everything at or under o.Under that changed since
// o.Since, in batches and in no particular order. A path may be yielded more
// than once, or together with the folder it lies in. What changes during the
// walk may be missed: arm the watches first, and do not take a later moment
// than the start of this walk as the next Since.
//
// A file that changed is an Entry, a folder that changed a Listing, and a
// folder that may have been moved in with old contents a Tree that trusts the
// quick check, with the files in it that changed besides. Their Since is
// such that a scan from it finds them again. A folder that cannot be read is a
// Tree, so that it stays owed until somebody can read it; since it is there,
// nobody will take its entries for deleted. When o.Under is gone or is no
// folder, it is an Entry.
//
// emit is called by one goroutine at a time and holds up the walk while it
// runs; it must not keep the slice. Its error ends the walk and is returned as
// it is. When the root is missing, replaced meanwhile or unreadable, Walk
// returns an error; what was emitted before is not to be trusted then.
func Walk(ctx context.Context, o Options, emit func([]change.Change) error) (Stats, error) {
	began := time.Now()
	if err := o.complete(); err != nil {
		return Stats{}, err
	}
	w, err := openWalk(o, began, emit)
	if err != nil {
		return Stats{}, fmt.Errorf("scan %s: %w", o.Root, err)
	}
	defer unix.Close(w.root)
	stats, err := w.run(ctx)
	stats.Took = time.Since(began)
	return stats, err
}

// complete fills in defaults and refuses what would leave the tree.
func (o *Options) complete() error {
	if o.Margin == 0 {
		o.Margin = defaultMargin
	}
	if o.Workers <= 0 {
		o.Workers = defaultWorkers
	}
	if o.Under == "" {
		o.Under = change.Root
	}
	if !strings.HasPrefix(o.Root, "/") {
		return fmt.Errorf("scan %q: the root must be an absolute path", o.Root)
	}
	if o.Under == change.Root {
		return nil
	}
	for name := range strings.SplitSeq(o.Under, "/") {
		if name == "" || name == "." || name == ".." {
			return fmt.Errorf("scan %s: %q is not a clean path within the root", o.Root, o.Under)
		}
	}
	return nil
}

// walk is what the workers of one Walk share; it does not change while they
// run, except for what guards itself.
type walk struct {
	o      Options
	moment moment
	root   int    // descriptor
	device uint64 // of the root
	out    outlet
	crew   *crew
}

func openWalk(o Options, began time.Time, emit func([]change.Change) error) (*walk, error) {
	root, err := openRoot(o.Root)
	if err != nil {
		return nil, err
	}
	var st unix.Statx_t
	if err := statx(root, "", &st); err != nil {
		unix.Close(root)
		return nil, err
	}
	return &walk{
		o:      o,
		moment: newMoment(o, began),
		root:   root,
		device: device(&st),
		out:    outlet{emit: emit},
		crew:   newCrew(),
	}, nil
}

// run walks, and at the end makes sure that it was the root it walked: a tree
// that is removed during the walk looks as if everything had been deleted.
func (w *walk) run(ctx context.Context) (Stats, error) {
	first := newWorker(w)
	j, found, err := first.begin()
	if err != nil {
		return first.stats, fmt.Errorf("scan %s: %w", w.o.Root, err)
	}
	if !found {
		err := first.batch.flush()
		return total([]*worker{first}), errors.Join(err, w.sameRoot())
	}
	workers := []*worker{first}
	for len(workers) < w.o.Workers {
		workers = append(workers, newWorker(w))
	}
	err = w.work(ctx, workers, j)
	if err == nil {
		err = w.sameRoot()
	}
	return total(workers), err
}

// work runs all workers until nothing is left, the context ends or one fails.
func (w *walk) work(ctx context.Context, workers []*worker, j job) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var group sync.WaitGroup
	group.Go(func() { workers[0].serve(ctx, stop, &j) })
	for _, other := range workers[1:] {
		group.Go(func() { other.serve(ctx, stop, nil) })
	}
	group.Wait()
	return context.Cause(ctx)
}

// sameRoot returns an error when the root's path no longer leads to the folder
// that was walked.
func (w *walk) sameRoot() error {
	var was, is unix.Statx_t
	if err := statx(w.root, "", &was); err != nil {
		return fmt.Errorf("scan %s: %w", w.o.Root, err)
	}
	again, err := openRoot(w.o.Root)
	if err != nil {
		return fmt.Errorf("scan %s: it went away meanwhile: %w", w.o.Root, err)
	}
	defer unix.Close(again)
	if err := statx(again, "", &is); err != nil {
		return fmt.Errorf("scan %s: %w", w.o.Root, err)
	}
	if was.Nlink == 0 || was.Ino != is.Ino || device(&was) != device(&is) {
		return fmt.Errorf("scan %s: the root was replaced meanwhile", w.o.Root)
	}
	return nil
}
