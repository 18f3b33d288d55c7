package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// arrivals watches the folders of targets for files that get their final name,
// as rsync gives it to a file that is complete.
type arrivals struct {
	want   map[string]int64
	dirs   map[int32]string
	events *os.File
	times  map[string]time.Time // owned by collect until done is closed
	err    error                // likewise
	done   chan struct{}
}

// watchFor begins to look for files by their absolute paths, with their sizes.
// It gives up after limit. The folders must be there. The caller waits.
func watchFor(ctx context.Context, want map[string]int64, limit time.Duration) (*arrivals, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("watch for arrivals: %w", err)
	}
	a := &arrivals{
		want: want, dirs: make(map[int32]string), events: os.NewFile(uintptr(fd), "arrivals"),
		times: make(map[string]time.Time), done: make(chan struct{}),
	}
	if err := a.watchFolders(fd); err != nil {
		a.events.Close()
		return nil, err
	}
	_ = a.events.SetReadDeadline(time.Now().Add(limit))
	go a.collect(ctx) // joined by wait
	return a, nil
}

func (a *arrivals) watchFolders(fd int) error {
	known := make(map[string]bool)
	for path := range a.want {
		dir := filepath.Dir(path)
		if known[dir] {
			continue
		}
		known[dir] = true
		wd, err := unix.InotifyAddWatch(fd, dir, unix.IN_MOVED_TO|unix.IN_ONLYDIR)
		if err != nil {
			return fmt.Errorf("watch %s for arrivals: %w", dir, err)
		}
		a.dirs[int32(wd)] = dir
	}
	return nil
}

// giveUp changes when to give up, to limit from now.
func (a *arrivals) giveUp(limit time.Duration) {
	// An error means that collect is done.
	_ = a.events.SetReadDeadline(time.Now().Add(limit))
}

// wait returns when everything has arrived, or when the limit is over: what is
// missing then has not arrived.
func (a *arrivals) wait() (map[string]time.Time, error) {
	<-a.done
	return a.times, a.err
}

func (a *arrivals) collect(ctx context.Context) {
	defer close(a.done)
	defer a.events.Close()
	stop := context.AfterFunc(ctx, func() { _ = a.events.SetReadDeadline(time.Now()) })
	defer stop()
	buffer := make([]byte, 1<<18)
	for len(a.times) < len(a.want) {
		n, err := a.events.Read(buffer)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			a.err = ctx.Err()
			return
		}
		if err == nil {
			err = a.note(buffer[:n])
		}
		if err != nil {
			a.err = fmt.Errorf("read arrivals: %w", err)
			return
		}
	}
}

// note takes down the events of one read.
func (a *arrivals) note(b []byte) error {
	for len(b) >= unix.SizeofInotifyEvent {
		wd := int32(binary.NativeEndian.Uint32(b))
		mask := binary.NativeEndian.Uint32(b[4:])
		end := unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(b[12:]))
		if mask&unix.IN_Q_OVERFLOW != 0 {
			return errors.New("more came than the kernel's queue holds")
		}
		a.arrived(filepath.Join(a.dirs[wd], cString(b[unix.SizeofInotifyEvent:end])))
		b = b[end:]
	}
	return nil
}

// arrived counts a file the first time it is there in full. A system may have
// sent it too early, while it was written.
func (a *arrivals) arrived(path string) {
	size, ok := a.want[path]
	if !ok || !a.times[path].IsZero() {
		return
	}
	if has(path, size) {
		a.times[path] = time.Now()
	}
}

func cString(b []byte) string {
	return unix.ByteSliceToString(b[:len(b):len(b)])
}

func has(path string, size int64) bool {
	var st unix.Stat_t
	return unix.Lstat(path, &st) == nil && st.Size == size
}

func isThere(path string) bool {
	var st unix.Stat_t
	return unix.Lstat(path, &st) == nil
}

func isGone(path string) bool {
	var st unix.Stat_t
	return errors.Is(unix.Lstat(path, &st), unix.ENOENT)
}

// lookEvery is how often the disk is asked for the next path.
const lookEvery = time.Millisecond

// errLate is returned when something has not happened within its limit.
var errLate = errors.New("not in time")

// until returns when every path is as it should be. Each is looked at until it
// is, and never again: one question a millisecond while the system works.
func until(ctx context.Context, limit time.Duration, paths []string, ok func(string) bool) error {
	deadline := time.Now().Add(limit)
	for _, path := range paths {
		for !ok(path) {
			if time.Now().After(deadline) {
				return fmt.Errorf("%s: %w", path, errLate)
			}
			if err := pause(ctx, lookEvery); err != nil {
				return err
			}
		}
	}
	return nil
}
