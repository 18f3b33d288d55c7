package watch

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// notice is one struct inotify_event.
type notice struct {
	wd     int32
	mask   uint32
	cookie uint32
	name   string
	since  time.Time // the earliest it can have happened
}

func (e notice) dir() bool { return e.mask&unix.IN_ISDIR != 0 }

// read takes one buffer of events. One that is not nearly full means that the
// queue was emptied.
func (n *inotify) read(since time.Time) (events int, drained bool, err error) {
	size, err := readEvents(n.file, n.buf)
	if err != nil {
		return 0, false, fmt.Errorf("read inotify events: %w", err)
	}
	n.now = time.Now()
	for buf := n.buf[:size]; len(buf) >= unix.SizeofInotifyEvent; events++ {
		var e notice
		e, buf = parseNotice(buf)
		e.since = since
		n.handle(e)
	}
	n.events += int64(events)
	return events, size < len(n.buf)-unix.SizeofInotifyEvent-unix.NAME_MAX-1, nil
}

// readEvents reads what is there now; nothing is no error.
func readEvents(fd int, buf []byte) (int, error) {
	for {
		size, err := unix.Read(fd, buf)
		switch err {
		case nil:
			return size, nil
		case unix.EAGAIN:
			return 0, nil
		case unix.EINTR:
		default:
			return 0, err
		}
	}
}

func parseNotice(buf []byte) (notice, []byte) {
	word := binary.NativeEndian
	end := min(len(buf), unix.SizeofInotifyEvent+int(word.Uint32(buf[12:])))
	name, _, _ := bytes.Cut(buf[unix.SizeofInotifyEvent:end], []byte{0})
	return notice{
		wd:     int32(word.Uint32(buf)),
		mask:   word.Uint32(buf[4:]),
		cookie: word.Uint32(buf[8:]),
		name:   string(name),
	}, buf[end:]
}

// handle follows one event.
func (n *inotify) handle(e notice) {
	switch {
	case e.mask&unix.IN_Q_OVERFLOW != 0:
		n.overflows++
		n.site.log.Warn("the kernel dropped events: the tree is walked", "since", e.since)
		n.overflowed(e.since)
	case e.mask&unix.IN_IGNORED != 0:
		n.forget(e.wd)
	case e.name == "":
		n.self(e)
	default:
		n.named(e)
	}
}

// self follows an event of a watched folder itself. All but those of the root
// are heard of from the folder above too, unless a file system ends there.
func (n *inotify) self(e notice) {
	if root := e.wd == n.tab.at(rootNode).wd; root && e.mask&unix.IN_MOVE_SELF != 0 {
		n.doubt, n.part = true, RenamedAway
	} else if root && e.mask&unix.IN_UNMOUNT != 0 {
		n.doubt, n.part = true, Unmounted
	} else if e.mask&unix.IN_UNMOUNT != 0 {
		n.doubt = true
	} else if root && e.mask&unix.IN_DELETE_SELF != 0 {
		n.doubt, n.part = true, Removed
	}
	if path, ok := n.path(e.wd); ok && e.mask&unix.IN_ATTRIB != 0 {
		n.digest.attrib(path, e.since)
	}
}

// named follows an event of a name in a watched folder.
func (n *inotify) named(e notice) {
	dir, ok := n.path(e.wd)
	if !ok {
		n.adrift(e)
		return
	}
	path := change.Join(dir, e.name)
	if n.site.excluded != nil && n.site.excluded(path, e.dir()) {
		n.hidden(e)
		return
	}
	if e.dir() {
		n.folder(e, path)
		return
	}
	n.plain(e, path)
}

// hidden follows an event of a name that is left out. One that had another name
// before is, for the mirror, gone.
func (n *inotify) hidden(e notice) {
	if e.mask&unix.IN_MOVED_TO == 0 {
		return
	}
	if d, ok := n.pairs.arrive(e.cookie); ok {
		n.gone(d)
	}
}

// adrift follows what happens in a folder that is itself on the move. What it
// is called now will be told of with all that is in it; only folders have to
// be watched for.
func (n *inotify) adrift(e notice) {
	id := n.tab.watched(e.wd)
	if id == 0 || !e.dir() {
		return
	}
	switch {
	case e.mask&(unix.IN_CREATE|unix.IN_MOVED_TO) != 0:
		n.recheck(e.wd, e.since)
	case e.mask&unix.IN_MOVED_FROM != 0:
		if sub := n.tab.find(id, []byte(e.name)); sub != 0 {
			n.displace(sub)
		}
	}
}

// plain follows an event of a name that is not a folder.
func (n *inotify) plain(e notice, path string) {
	switch {
	case e.mask&unix.IN_CREATE != 0:
		n.digest.created(path, e.since)
	case e.mask&unix.IN_CLOSE_WRITE != 0:
		n.digest.closed(path, e.since)
	case e.mask&unix.IN_MODIFY != 0:
		n.digest.modified(path, e.since)
	case e.mask&unix.IN_ATTRIB != 0:
		n.digest.attrib(path, e.since)
	case e.mask&unix.IN_DELETE != 0:
		n.digest.deleted(path, e.since)
	case e.mask&unix.IN_MOVED_FROM != 0:
		n.pairs.depart(e.cookie, departure{path: path, since: e.since, at: n.now})
	case e.mask&unix.IN_MOVED_TO != 0:
		if d, ok := n.pairs.arrive(e.cookie); ok && d.path != "" {
			n.digest.renamed(d.path, path, change.Entry, d.since)
		} else {
			n.digest.arrived(path, change.Entry, e.since)
		}
	}
}
