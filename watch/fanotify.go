package watch

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

const (
	// Every event names the folder it happened in by a handle, and the name in
	// it; the queue has no limit.
	fanotifyInit = unix.FAN_CLOEXEC | unix.FAN_NONBLOCK | unix.FAN_UNLIMITED_QUEUE | unix.FAN_REPORT_DFID_NAME
	// What a folder says of itself when it goes is left out: its parent says it
	// too, and it would double the events of a deletion.
	fanotifyMask = unix.FAN_MODIFY | unix.FAN_ATTRIB | unix.FAN_CLOSE_WRITE | unix.FAN_CREATE |
		unix.FAN_DELETE | unix.FAN_RENAME | unix.FAN_ONDIR
	fanotifyBuffer = 256 << 10
)

// fanotify marks the whole file system the tree is on, and every one mounted
// inside it, and leaves out what is not in the tree.
//
// It has nothing to arm: a new folder is heard of like an old one. The kernel
// merges events of the same name, so their order is lost.
type fanotify struct {
	site    *site
	digest  *digest
	file    int
	mask    uint64
	buf     []byte
	handles *handles

	events    int64
	overflows int64
	unknown   bool // a folder's path was not found in this batch
}

// newFanotify makes an instance and marks every file system in the tree,
// having made sure on another one that events do come.
func newFanotify(s *site, d *digest) (*fanotify, error) {
	if err := probe(s); err != nil {
		return nil, err
	}
	file, err := unix.FanotifyInit(fanotifyInit, unix.O_RDONLY|unix.O_LARGEFILE|unix.O_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("fanotify_init: %w", err)
	}
	f := &fanotify{
		site: s, digest: d, file: file, mask: fanotifyMaskFor(d.on),
		buf: make([]byte, fanotifyBuffer), handles: newHandles(s),
	}
	if err := f.mark(change.Root); err != nil {
		unix.Close(file)
		return nil, err
	}
	for path := range s.mounts.here {
		if err := f.mark(path); err != nil {
			f.pollMount(path, err)
		}
	}
	return f, nil
}

func fanotifyMaskFor(on Events) uint64 {
	mask := uint64(fanotifyMask)
	if !on.Modify {
		mask &^= unix.FAN_MODIFY
	}
	if !on.Attrib {
		mask &^= unix.FAN_ATTRIB
	}
	if !on.CloseWrite {
		mask &^= unix.FAN_CLOSE_WRITE
	}
	return mask
}

// mark marks the file system of a folder in the tree.
func (f *fanotify) mark(path string) error {
	magic, err := fsMagic(f.site.abs(path))
	if err != nil {
		return err
	}
	if kind, remote := isRemote(magic); remote {
		return errors.New("changes of a " + kind + " file system are not all seen by our kernel")
	}
	if err := markFS(f.file, f.mask, f.site.abs(path)); err != nil {
		return err
	}
	return f.handles.mount(path)
}

func markFS(file int, mask uint64, path string) error {
	err := unix.FanotifyMark(file, unix.FAN_MARK_ADD|unix.FAN_MARK_FILESYSTEM, mask, unix.AT_FDCWD, path)
	if err != nil {
		return fmt.Errorf("fanotify_mark: %w", err)
	}
	return nil
}

// pollMount polls a file system in the tree that takes no mark.
func (f *fanotify) pollMount(path string, err error) {
	f.site.log.Info("polled", "path", path, "why", err)
	f.site.polls.add(path, false, time.Now())
}

func (f *fanotify) backend() Backend { return Fanotify }

func (f *fanotify) fd() int { return f.file }

func (f *fanotify) close() error { return unix.Close(f.file) }

func (f *fanotify) tend(time.Time, bool) {}

func (f *fanotify) next() time.Time { return time.Time{} }

func (f *fanotify) oldest() time.Time { return time.Time{} }

func (f *fanotify) retry([]string) {}

func (f *fanotify) finish() {}

func (f *fanotify) doubtful() bool { return false }

func (f *fanotify) parting() (Reason, bool) { return Removed, false }

func (f *fanotify) report(s *Status) { s.Events, s.Overflows = f.events, f.overflows }

// mounted marks a file system that appeared in the tree. Its mark, if it had
// one before, died silently with the mount.
func (f *fanotify) mounted(c change.Change) {
	if err := f.mark(c.Path); err != nil {
		f.pollMount(c.Path, err)
	}
	f.digest.tell(c)
}

func (f *fanotify) unmounted(path string) { f.handles.unmount(path) }
