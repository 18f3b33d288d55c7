package scan

import (
	"bytes"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// cover is what need not be yielded in a folder.
type cover uint8

const (
	bare   cover = iota // everything is
	treed               // a Tree above answers for all that rsync's quick check sees
	silent              // nothing is
)

// frame is one folder on a worker's way down.
type frame struct {
	fd      int   // -1 once closed to save descriptors
	path    int   // length of the worker's path up to this folder
	own     stamp // taken before the first entry was read
	cover   cover
	done    bool   // all entries were read
	folders []byte // names still to go down into, each ended by NUL
}

// next takes one name off the folders still to do, or returns nil. The name is
// valid until the folder is read on.
func (f *frame) next() []byte {
	end := bytes.IndexByte(f.folders, 0)
	if end < 0 {
		return nil
	}
	name := f.folders[:end]
	f.folders = f.folders[end+1:]
	return name
}

// divisible reports whether some of the folders still to do can be taken away.
func (f *frame) divisible(keepOne bool) bool {
	first := bytes.IndexByte(f.folders, 0)
	return first >= 0 && (!keepOne || first < len(f.folders)-1)
}

// split takes about half of the folders still to do, or all if that is one.
func (f *frame) split() []byte {
	cut := bytes.LastIndexByte(f.folders[:len(f.folders)/2], 0) + 1
	if cut == 0 {
		cut = bytes.IndexByte(f.folders, 0) + 1
	}
	if cut == len(f.folders) {
		cut = 0
	}
	names := bytes.Clone(f.folders[cut:])
	f.folders = f.folders[:cut]
	return names
}

// enter looks at the folder at the current path, just opened, and says what is
// owed for it. It returns false when the folder is not to be walked.
func (w *worker) enter(fd int, parent stamp, above cover) (frame, bool, error) {
	if err := statx(fd, "", &w.st); err != nil {
		return frame{}, false, w.blocked(w.here(), above, err)
	}
	w.stats.Folders++
	if w.st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0 && len(w.path) > 0 {
		w.stats.Mounts = named(w.stats.Mounts, w.here())
	}
	f := frame{fd: fd, path: len(w.path), own: stampOf(&w.st), cover: above}
	if w.moment.counting() {
		f.cover = silent
	}
	outside := w.o.OneFileSystem && device(&w.st) != w.device
	if f.cover != bare || f.own.changed.Before(w.moment.from) {
		return f, !outside, nil
	}
	if outside {
		// Only the mount point itself is mirrored, not what is listed in it.
		c := w.moment.file(w.here(), f.own)
		c.Quick = true
		return f, false, w.batch.add(c)
	}
	c := w.moment.folder(w.here(), f.own, parent)
	if c.Scope == change.Tree {
		f.cover = treed
	}
	return f, true, w.batch.add(c)
}

// read looks at the next entries of a folder, as many as fit the buffer. It
// gives up on a folder that the kernel does not let it read to the end.
func (w *worker) read(f *frame) error {
	n, err := getdents(f.fd, w.buf)
	if err != nil {
		f.done = true
		return w.blocked(w.name(f.path), f.cover, err)
	}
	f.done = n == 0
	for rest := w.buf[:n]; len(rest) > 0 && err == nil; {
		var d dirent
		d, rest = nextDirent(rest)
		if !d.dots() {
			err = w.look(f, d)
		}
	}
	return err
}

// look decides about one entry of a folder. A folder is only remembered: it is
// looked at when it is opened.
func (w *worker) look(f *frame, d dirent) error {
	folder := d.kind == unix.DT_DIR
	if d.kind == unix.DT_UNKNOWN {
		if err := statx(f.fd, string(d.name), &w.st); err != nil {
			return w.unseen(f, d, err)
		}
		folder = isFolder(&w.st)
	}
	if w.o.Excluded != nil && w.o.Excluded(w.join(f, d.name), folder) {
		return nil
	}
	w.stats.Entries++
	if folder {
		f.folders = append(append(f.folders, d.name...), 0)
		return nil
	}
	if f.cover == silent {
		return nil
	}
	return w.file(f, d)
}

// file yields an entry that was listed as something else than a folder, if it
// changed.
func (w *worker) file(f *frame, d dirent) error {
	if err := statx(f.fd, string(d.name), &w.st); err != nil {
		return w.unseen(f, d, err)
	}
	if isFolder(&w.st) {
		return w.batch.add(w.moment.meanwhile(w.join(f, d.name), change.Tree))
	}
	own := stampOf(&w.st)
	if own.changed.Before(w.moment.from) {
		return nil
	}
	return w.batch.add(w.moment.file(w.join(f, d.name), own))
}

// unseen answers an entry that was listed but could not be looked at. Unless
// it went away, the whole folder counts as unreadable: it may be listed but
// not searched, and then every other entry would fail in the same way.
func (w *worker) unseen(f *frame, d dirent, err error) error {
	if !gone(err) {
		f.done = true
		above := f.cover
		f.cover = silent
		return w.blocked(w.name(f.path), above, err)
	}
	if f.cover != bare {
		return nil
	}
	return w.batch.add(w.moment.meanwhile(w.join(f, d.name), change.Entry))
}
