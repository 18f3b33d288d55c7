package watch

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// probeWait is how long an event may take that is due at once.
const probeWait = time.Second

// probe finds out whether fanotify really works for this tree: every call may
// succeed and still no path be found, when a capability is missing, or no
// event ever come. It leaves no trace in the tree.
func probe(s *site) error {
	if err := refuseBindRoot(s); err != nil {
		return err
	}
	file, err := unix.FanotifyInit(fanotifyInit, unix.O_RDONLY|unix.O_LARGEFILE|unix.O_CLOEXEC)
	if err != nil {
		return fmt.Errorf("fanotify_init: %w", err)
	}
	defer unix.Close(file)
	if err := markFS(file, fanotifyMask, s.real); err != nil {
		return err
	}
	if err := probeHandle(s.real); err != nil {
		return err
	}
	return probeEvent(s, file)
}

// refuseBindRoot refuses "/" when it is a part of its file system: folders
// outside that part are called "/" too.
func refuseBindRoot(s *site) error {
	if s.real != "/" {
		return nil
	}
	list, err := s.mounts.read()
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.point == "/" && m.bind() {
			return errors.New("the root is / and a bind mount")
		}
	}
	return nil
}

// probeHandle finds the root by its handle.
func probeHandle(root string) error {
	fd, err := openFolder(root)
	if err != nil {
		return fmt.Errorf("open the root: %w", err)
	}
	defer unix.Close(fd)
	handle, _, err := unix.NameToHandleAt(fd, "", unix.AT_EMPTY_PATH)
	if err != nil {
		return fmt.Errorf("name_to_handle_at: %w", err)
	}
	same, err := unix.OpenByHandleAt(fd, handle, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != nil {
		return fmt.Errorf("open_by_handle_at: %w", err)
	}
	defer unix.Close(same)
	if path, err := pathOf(same); err != nil || path != root {
		return fmt.Errorf("the handle of the root leads to %q: %w", path, errors.Join(err, errNotRoot))
	}
	return nil
}

var errNotRoot = errors.New("which is not the root")

// probeEvent has something happen in the root and waits for the event of that.
func probeEvent(s *site, file int) error {
	expected, err := provoke(s, file)
	if err != nil {
		return err
	}
	h := newHandles(s)
	defer h.done()
	if err := h.mount(change.Root); err != nil {
		return err
	}
	buf := make([]byte, fanotifyBuffer)
	for until := time.Now().Add(probeWait); time.Now().Before(until); {
		pollFor([]unix.PollFd{{Fd: int32(file), Events: unix.POLLIN}}, time.Until(until))
		n, err := readEvents(file, buf)
		if err != nil {
			return fmt.Errorf("read fanotify events: %w", err)
		}
		if heardInRoot(h, buf[:n], expected) {
			return nil
		}
	}
	return errors.New("no event came")
}

// provoke opens and closes a nameless file in the root. Where we may not write,
// as a hardened service or another user, it looks into the root instead, and
// has that told too. It returns which event is due.
func provoke(s *site, file int) (expected uint64, err error) {
	expected = unix.FAN_CLOSE_WRITE
	fd, err := unix.Open(s.real, unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	if errors.Is(err, unix.EROFS) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		expected = unix.FAN_CLOSE_NOWRITE
		if err := markFS(file, expected|unix.FAN_ONDIR, s.real); err != nil {
			return 0, err
		}
		fd, err = unix.Open(s.real, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		return 0, fmt.Errorf("open something in the root: %w", err)
	}
	if err := unix.Close(fd); err != nil {
		return 0, fmt.Errorf("close what was opened in the root: %w", err)
	}
	return expected, nil
}

func heardInRoot(h *handles, buf []byte, expected uint64) bool {
	for len(buf) > 0 {
		var e signal
		if e, buf = parseSignal(buf); e.mask&expected == 0 {
			continue
		}
		paths, _ := h.paths(e.at.id, e.at.fsid, e.at.handle)
		for _, path := range paths {
			if path == change.Root {
				return true
			}
		}
	}
	return false
}
