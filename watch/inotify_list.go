package watch

import (
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// list does one task: looks into a folder, having made sure that it is the one
// the watch is for.
func (n *inotify) list(t task, names *lister, push func(task)) error {
	path, ok := t.path, true
	if path == "" {
		path, ok = n.path(t.wd)
	}
	if !ok {
		return unix.ENOENT
	}
	fd, err := openFolder(n.site.abs(path))
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if t.path == "" && !n.isFor(fd, t.wd) {
		return unix.ENOENT
	}
	touched := t.job.mode == entries && !untouched(fd)
	err = names.each(fd, func(e dirent) bool {
		touched = touched || t.job.mode == entries
		n.name(t, fd, path, e, push)
		return true
	})
	if touched && t.path == "" {
		n.digest.found(path, change.Listing, true, t.job.since)
	}
	return err
}

// isFor reports whether a watch is for an open folder, by asking for it again.
// The watch this makes for a folder not known yet is recognized when the event
// that brought the folder there is read.
func (n *inotify) isFor(fd int, wd int32) bool {
	got, err := n.watch("/proc/self/fd/"+strconv.Itoa(fd), 0)
	return err == nil && got == wd
}

// untouched reports whether nothing was ever put into an open folder. If
// something was before the folder was watched, it may be gone again and have
// been sent meanwhile by a job that looked at the folder above; then the folder
// has to be told of as a listing.
func untouched(fd int) bool {
	var st unix.Statx_t
	err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_BTIME|unix.STATX_MTIME, &st)
	return err == nil && st.Mask&unix.STATX_BTIME != 0 && st.Mtime == st.Btime
}

// name does what a task is for with one name it found. It runs in Open's
// workers too, there for walks only.
func (n *inotify) name(t task, fd int, dir string, e dirent, push func(task)) {
	isDir := e.isDir(fd)
	if !isDir && (t.job.mode != entries || t.path != "") {
		return
	}
	if n.site.excludes(dir, string(e.name), isDir) {
		n.dropExcluded(t.wd, e.name)
		return
	}
	switch {
	case t.path != "":
		n.count(t, change.Join(dir, string(e.name)), push)
	case t.job.mode == checking || t.job.mode == filtering:
		n.recover(t, fd, dir, e.name, push)
	case t.job.mode == entries:
		n.digest.found(change.Join(dir, string(e.name)), change.Entry, isDir, t.job.since)
		if isDir {
			n.descend(t, fd, dir, e.name, push)
		}
	default:
		n.descend(t, fd, dir, e.name, push)
	}
}

// descend watches a folder that was found and goes on there.
func (n *inotify) descend(t task, fd int, dir string, name []byte, push func(task)) {
	switch o, wd := n.claim(fd, t.wd, dir, name, t.job.since); {
	case o == moved && t.job.mode == entries:
		// It came into a folder that was not watched yet, so no event says so.
		n.adopt(wd, t.job.since)
	case o == fresh || o.watched() && t.job.mode == walking:
		push(task{job: t.job, wd: wd})
	case o == refused:
		n.mu.Lock()
		t.job.refused = true
		n.mu.Unlock()
		push(task{job: t.job, path: change.Join(dir, string(name))})
	}
}

// count counts a folder beneath one that got no watch.
func (n *inotify) count(t task, path string, push func(task)) {
	n.mu.Lock()
	n.unwatched++
	n.mu.Unlock()
	push(task{job: t.job, path: path})
}

// recover walks a folder that is not known where it was found.
func (n *inotify) recover(t task, fd int, dir string, name []byte, push func(task)) {
	if id := n.tab.find(n.tab.watched(t.wd), name); id != 0 {
		if t.job.mode == filtering {
			push(task{job: t.job, wd: n.tab.at(id).wd})
		}
		return
	}
	if o, wd := n.claim(fd, t.wd, dir, name, t.job.since); o.watched() {
		n.adopt(wd, t.job.since)
	}
}

// adopt walks a folder that came from somewhere, and tells of all that is in it.
func (n *inotify) adopt(wd int32, since time.Time) {
	n.begin(job{mode: walking, since: since, end: func(path string, ok bool) {
		n.arrived(path, ok, since)
	}}, wd)
}

// dropExcluded lets go of a folder that is excluded under its present path.
func (n *inotify) dropExcluded(parent int32, name []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if id := n.tab.find(n.tab.watched(parent), name); id != 0 {
		n.displace(id)
	}
}
