package watch

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// ErrRootLost is what every LostError wraps.
var ErrRootLost = errors.New("watch root lost")

// Reason says how a root was lost.
type Reason string

// The reasons. Whatever it is, nothing in the folder that is at the root's
// place now, if there is one, may be taken for the tree that was watched.
const (
	Unmounted   Reason = "unmounted"
	Removed     Reason = "removed"
	RenamedAway Reason = "renamed away"
	Replaced    Reason = "replaced by another folder"
	Covered     Reason = "covered by another mount"
	Unreachable Reason = "unreachable"
)

// LostError says that the root is not there any more, or not the same.
type LostError struct {
	Root   string
	Reason Reason
	Err    error // what the kernel said, if it said something
}

func (e *LostError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%v: %s: %s: %v", ErrRootLost, e.Root, e.Reason, e.Err)
	}
	return fmt.Sprintf("%v: %s: %s", ErrRootLost, e.Root, e.Reason)
}

// Unwrap returns ErrRootLost.
func (e *LostError) Unwrap() error { return ErrRootLost }

// rootPlace is where the root was found when watching began. Unlike Identity it
// also notices a remount, after which no watch is left.
type rootPlace struct {
	mount        uint64 // never given out twice, where the kernel can do that
	major, minor uint32
	inode        uint64
	born         unix.StatxTimestamp
}

func lookAtRoot(root string) (rootPlace, error) {
	st, err := statx(root, unix.STATX_INO|unix.STATX_BTIME|unix.STATX_MNT_ID_UNIQUE)
	return rootPlace{st.Mnt_id, st.Dev_major, st.Dev_minor, st.Ino, st.Btime}, err
}

func statx(path string, want int) (unix.Statx_t, error) {
	var st unix.Statx_t
	for {
		err := unix.Statx(unix.AT_FDCWD, path, unix.AT_NO_AUTOMOUNT, want, &st)
		if err != unix.EINTR {
			return st, err
		}
	}
}

// checkRoot returns a LostError when the root is not what it was.
func (w *Watcher) checkRoot() error {
	part, dead := w.src.parting()
	now, err := lookAtRoot(w.site.root)
	if err == nil && now == w.place && !dead {
		return nil
	}
	lost := &LostError{Root: w.site.root}
	switch {
	case !dead && w.rootUnmounted():
		lost.Reason = Unmounted
	case dead || err == unix.ENOENT || err == unix.ENOTDIR:
		lost.Reason = part
	case err != nil:
		lost.Reason, lost.Err = Unreachable, err
	case now.mount != w.place.mount:
		lost.Reason = Covered
	default:
		lost.Reason = Replaced
	}
	return lost
}

// rootUnmounted reports whether the mount the root was on is not listed now.
func (w *Watcher) rootUnmounted() bool {
	list, err := w.site.mounts.read()
	return err == nil && w.mount.point != "" && !slices.ContainsFunc(list, w.isRootMount)
}

// isRootMount compares the place too: numbers are given out again.
func (w *Watcher) isRootMount(m mount) bool {
	return m.id == w.mount.id && m.point == w.mount.point
}

// findMount remembers the mount the root is on, if the list of mounts has it.
func (w *Watcher) findMount() error {
	st, err := statx(w.site.real, unix.STATX_MNT_ID)
	if err != nil {
		return err
	}
	list, err := w.site.mounts.read()
	for _, m := range list {
		if m.id == st.Mnt_id {
			w.mount = m
		}
	}
	return err
}

// checkMounts follows what was mounted or unmounted inside the tree.
func (w *Watcher) checkMounts() error {
	list, err := w.site.mounts.read()
	if err != nil {
		return err
	}
	w.site.mounts.looked = w.now
	gone, came := w.site.mounts.update(list, w.drained, w.now)
	for _, path := range gone {
		w.site.log.Warn("mount inside the tree is gone: nothing beneath it is told of", "path", path)
		w.site.polls.drop(path)
		w.src.unmounted(path)
	}
	for _, a := range came {
		w.site.log.Info("mount inside the tree", "path", a.path, "type", a.mount.kind)
		w.src.mounted(change.Change{Path: a.path, Scope: a.scope, Since: a.since})
	}
	w.setMounts()
	return nil
}
