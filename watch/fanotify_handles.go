package watch

import (
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// mostHandles bounds each of the two halves of the cache.
const mostHandles = 8192

// folderID is a folder as a fanotify event names it: the bytes of fsid, handle
// type and handle.
type folderID string

// handles finds the paths in the tree of folders that events name by handle:
// 7 µs when asked for the first time, next to nothing afterwards.
//
// A folder has as many paths as its file system is mounted in the tree, which
// is one, unless it is outside, excluded or gone, and has none.
//
// It keeps no folder open between two batches of events, as that would keep a
// file system from being unmounted.
type handles struct {
	site   *site
	places map[uint64][]string // where, in the tree, each file system is mounted
	young  map[folderID][]string
	old    map[folderID][]string // young of before; forgotten next
	open   map[string]int        // mounts opened for this batch
}

func newHandles(s *site) *handles {
	h := &handles{site: s, places: map[uint64][]string{}, open: map[string]int{}}
	h.clear()
	return h
}

// clear forgets all paths: a folder was renamed and every path beneath it with
// it.
func (h *handles) clear() {
	h.young, h.old = map[folderID][]string{}, nil
}

// mount adds a place in the tree where a file system is mounted.
func (h *handles) mount(path string) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(h.site.abs(path), &fs); err != nil {
		return fmt.Errorf("look at the file system: %w", err)
	}
	h.unmount(path)
	key := fsidKey(&fs)
	h.places[key] = append(h.places[key], path)
	return nil
}

func (h *handles) unmount(path string) {
	for key, places := range h.places {
		h.places[key] = slices.DeleteFunc(places, func(p string) bool { return p == path })
	}
	h.clear()
}

// done ends a batch of events.
func (h *handles) done() {
	for path, fd := range h.open {
		unix.Close(fd)
		delete(h.open, path)
	}
}

// paths returns where in the tree a folder is, leaving out what is excluded.
// unknown is true when that could not be found out.
func (h *handles) paths(id folderID, fsid uint64, handle unix.FileHandle) (paths []string, unknown bool) {
	if paths, ok := h.young[id]; ok {
		return paths, false
	}
	paths, ok := h.old[id]
	if !ok {
		if paths, unknown = h.resolve(fsid, handle); unknown {
			return nil, true
		}
	}
	if len(h.young) >= mostHandles {
		h.young, h.old = map[folderID][]string{}, h.young
	}
	h.young[id] = paths
	return paths, false
}

func (h *handles) resolve(fsid uint64, handle unix.FileHandle) (paths []string, unknown bool) {
	for _, place := range h.places[fsid] {
		abs, err := h.locate(place, fsid, handle)
		if err != nil && err != unix.ESTALE && err != unix.ENOENT {
			unknown = true
			h.site.log.Warn("path of a changed folder not found: the tree is scanned", "err", err)
			continue
		}
		path, ok := h.site.rel(abs)
		if err != nil || !ok || !change.Within(path, place) || !h.site.includes(path) {
			continue
		}
		paths = append(paths, path)
	}
	return paths, unknown && len(paths) == 0
}

// locate asks the kernel for the absolute path of a folder on the file system
// mounted at place. One outside a bind mount is called "/", with no error.
func (h *handles) locate(place string, fsid uint64, handle unix.FileHandle) (string, error) {
	at, err := h.opened(place, fsid)
	if err != nil {
		return "", err
	}
	fd, err := openByHandle(at, handle)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	return pathOf(fd)
}

// openByHandle opens a folder. The kernel says ENOMEM, with plenty of it, when
// the folder is renamed or removed while it looks (ext4, 6.18).
func openByHandle(at int, handle unix.FileHandle) (fd int, err error) {
	for range 5 {
		fd, err = unix.OpenByHandleAt(at, handle, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC)
		if err != unix.ENOMEM && err != unix.EINTR {
			break
		}
	}
	return fd, err
}

// opened opens a place for this batch. When something else is mounted there by
// now, a handle would mean another folder.
func (h *handles) opened(place string, fsid uint64) (int, error) {
	if fd, ok := h.open[place]; ok {
		return fd, nil
	}
	fd, err := openFolder(h.site.abs(place))
	if err != nil {
		return -1, err
	}
	var fs unix.Statfs_t
	if err := statfs(fd, &fs); err != nil || fsidKey(&fs) != fsid {
		unix.Close(fd)
		return -1, unix.ESTALE
	}
	h.open[place] = fd
	return fd, nil
}
