package watch

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// spot is a name in a folder, as an event has it. "." is the folder itself; no
// fsid means that the event did not say.
type spot struct {
	id     folderID
	fsid   uint64
	handle unix.FileHandle
	name   string
}

// signal is one event: one name and all that happened to it.
type signal struct {
	mask    uint64
	at      spot // for all but renames
	from    spot // for renames
	to      spot
	garbled bool
}

const (
	metadataLen = 24 // struct fanotify_event_metadata
	infoLen     = 20 // struct fanotify_event_info_fid up to the handle's bytes
)

// parseSignal takes the first event from a buffer.
func parseSignal(buf []byte) (signal, []byte) {
	word := binary.NativeEndian
	if len(buf) < metadataLen || int(word.Uint32(buf)) > len(buf) || word.Uint32(buf) < metadataLen {
		return signal{garbled: true}, nil
	}
	event, rest := buf[:word.Uint32(buf)], buf[word.Uint32(buf):]
	s := signal{mask: word.Uint64(event[8:])}
	for info := event[min(len(event), int(word.Uint16(event[6:]))):]; len(info) >= 4; {
		size := int(word.Uint16(info[2:]))
		if size < 4 || size > len(info) {
			return signal{garbled: true}, rest
		}
		s.record(info[0], info[:size])
		info = info[size:]
	}
	return s, rest
}

func (s *signal) record(kind byte, info []byte) {
	var into *spot
	switch kind {
	case unix.FAN_EVENT_INFO_TYPE_DFID_NAME, unix.FAN_EVENT_INFO_TYPE_DFID:
		into = &s.at
	case unix.FAN_EVENT_INFO_TYPE_OLD_DFID_NAME:
		into = &s.from
	case unix.FAN_EVENT_INFO_TYPE_NEW_DFID_NAME:
		into = &s.to
	default:
		return
	}
	word := binary.NativeEndian
	if len(info) < infoLen || infoLen+int(word.Uint32(info[12:])) > len(info) {
		s.garbled = true
		return
	}
	end := infoLen + int(word.Uint32(info[12:]))
	name, _, _ := bytes.Cut(info[end:], []byte{0})
	*into = spot{
		id:     folderID(string(info[4:12]) + string(info[16:end])),
		fsid:   word.Uint64(info[4:]),
		handle: unix.NewFileHandle(int32(word.Uint32(info[16:])), info[infoLen:end]),
		name:   string(name),
	}
}

// read takes one buffer of events. The kernel fills a buffer as far as whole
// events fit.
func (f *fanotify) read(since time.Time) (events int, drained bool, err error) {
	size, err := readEvents(f.file, f.buf)
	if err != nil {
		return 0, false, fmt.Errorf("read fanotify events: %w", err)
	}
	defer f.handles.done()
	for buf := f.buf[:size]; len(buf) > 0; events++ {
		var s signal
		s, buf = parseSignal(buf)
		f.handle(s, since)
	}
	if f.unknown {
		f.unknown = false
		f.digest.tell(change.Change{Path: change.Root, Scope: change.Scan, Since: since})
	}
	f.events += int64(events)
	return events, size < len(f.buf)-pathMax, nil
}

func (f *fanotify) handle(s signal, since time.Time) {
	switch {
	case s.garbled || s.mask&unix.FAN_Q_OVERFLOW != 0:
		f.overflows++
		f.site.log.Warn("the kernel dropped events: the tree is scanned", "since", since)
		f.digest.tell(change.Change{Path: change.Root, Scope: change.Scan, Since: since})
	case s.mask&unix.FAN_RENAME != 0:
		f.renamed(s, since)
	default:
		for _, path := range f.paths(s.at, s.dir()) {
			f.happened(s, path, since)
		}
	}
}

func (s signal) dir() bool { return s.mask&unix.FAN_ONDIR != 0 }

// paths returns where in the tree a spot is; nothing when it is outside,
// excluded or gone.
func (f *fanotify) paths(s spot, dir bool) []string {
	if s.id == "" {
		return nil
	}
	folders, unknown := f.handles.paths(s.id, s.fsid, s.handle)
	f.unknown = f.unknown || unknown
	if s.name == "." || s.name == "" || len(folders) == 0 {
		return folders
	}
	paths := make([]string, 0, len(folders))
	for _, folder := range folders {
		if !f.site.excludes(folder, s.name, dir) {
			paths = append(paths, change.Join(folder, s.name))
		}
	}
	return paths
}

// happened follows what happened to one name, in no known order.
func (f *fanotify) happened(s signal, path string, since time.Time) {
	const came, went = unix.FAN_CREATE, unix.FAN_DELETE
	switch {
	case s.mask&came != 0 && s.mask&went != 0:
		f.flickered(s, path, since)
	case s.mask&went != 0 && s.dir():
		f.digest.deletedFolder(path, since)
	case s.mask&went != 0:
		f.digest.deleted(path, since)
	case s.mask&came != 0 && s.dir():
		f.digest.folder(path, since)
	case s.mask&came != 0:
		f.digest.created(path, since)
	}
	if s.mask&unix.FAN_MODIFY != 0 {
		f.digest.modified(path, since)
	}
	if s.mask&unix.FAN_CLOSE_WRITE != 0 {
		f.digest.closed(path, since)
	} else if s.mask&unix.FAN_ATTRIB != 0 {
		f.digest.attrib(path, since)
	}
}
