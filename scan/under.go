package scan

import (
	"path"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// begin finds the folder to walk. It returns false when there is none to walk:
// then what is known about it has been yielded.
func (w *worker) begin() (job, bool, error) {
	fd, parent, at, err := w.descend()
	if err != nil {
		return job{}, false, w.beginBlocked(at, err)
	}
	w.stats.Entries++
	w.goTo(w.o.Under)
	f, inside, err := w.enter(fd, parent, bare)
	if err != nil || !inside {
		unix.Close(fd)
		return job{}, false, err
	}
	return job{path: w.o.Under, frame: f}, true, nil
}

// descend opens o.Under and looks at the folder it lies in, by which one sees
// whether it was moved there; the root has none. When it fails, it returns the
// path it could not get past.
func (w *worker) descend() (fd int, parent stamp, at string, err error) {
	if w.o.Under == change.Root {
		fd, err = openFolder(w.root, ".")
		return fd, stamp{}, change.Root, err
	}
	dir, at, err := openBeneath(w.root, change.Parent(w.o.Under))
	if err != nil {
		return -1, stamp{}, at, err
	}
	defer unix.Close(dir)
	if err := statx(dir, "", &w.st); err != nil {
		return -1, stamp{}, at, err
	}
	fd, err = openFolder(dir, path.Base(w.o.Under))
	return fd, stampOf(&w.st), w.o.Under, err
}

// beginBlocked answers a walk that could not begin.
func (w *worker) beginBlocked(at string, err error) error {
	switch {
	case exhausted(err) || at == change.Root:
		return err
	case w.moment.counting():
		return nil
	case gone(err):
		// It may be a folder above that is missing, or that was replaced by a
		// symbolic link; nothing beneath a link belongs to the tree.
		return w.batch.add(w.moment.unsure(at, change.Entry))
	}
	return w.blocked(w.o.Under, bare, err)
}
