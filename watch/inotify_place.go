package watch

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// outcome is what asking the kernel for a folder's watch showed.
type outcome uint8

// watched reports whether the folder is there and has a watch.
func (o outcome) watched() bool { return o == known || o == moved || o == fresh }

const (
	absent  outcome = iota // there is no folder of that name
	known                  // it is watched, and known to be there
	moved                  // it was watched, but not there; now the table has it there
	fresh                  // it was not watched before
	refused                // there are no watches left: it is polled
	skipped                // it is not for us, or cannot be read
	astray                 // the folder it is in is not at its path just now
)

// reconcile makes the table true for one name in a watched folder: it adds the
// watch, which the kernel answers with the number it has if the folder is
// watched already, wherever it was then.
func (n *inotify) reconcile(parent int32, name string, since time.Time) (outcome, int32) {
	dir, ok := n.path(parent)
	if !ok {
		return astray, 0
	}
	fd, err := openFolder(n.site.abs(dir))
	if err != nil {
		return astray, 0
	}
	defer unix.Close(fd)
	if !n.isFor(fd, parent) {
		return astray, 0
	}
	return n.claim(fd, parent, dir, []byte(name), since)
}

// claim is reconcile for a folder that is open. dir is its path.
func (n *inotify) claim(fd int, parent int32, dir string, name []byte, since time.Time) (outcome, int32) {
	path := change.Join(dir, string(name))
	if n.site.mounts.lost(path) || n.polledMount(path, since) {
		return skipped, 0
	}
	wd, err := n.watchIn(fd, name)
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case err == nil:
		return n.place(parent, path, name, wd)
	case isGone(err):
		return absent, 0
	case err == unix.ENOSPC || err == unix.ENOMEM:
		n.refuse(path, since)
		return refused, 0
	}
	n.cannotRead(path, err)
	return skipped, 0
}

// place records that the folder with this watch is called name in parent. The
// caller holds mu.
func (n *inotify) place(parent int32, path string, name []byte, wd int32) (outcome, int32) {
	up := n.tab.watched(parent)
	if up == 0 {
		return absent, 0
	}
	id, there := n.tab.watched(wd), n.tab.find(up, name)
	if id != 0 && id != there && n.sameFolder(id, path) {
		n.site.polls.add(path, false, n.now) // a bind mount: one watch, two paths
		return skipped, 0
	}
	if there != 0 && there != id {
		n.displace(there)
	}
	if id == 0 {
		n.tab.see(n.tab.add(up, name, wd))
		return fresh, wd
	}
	n.tab.see(id)
	switch {
	case id == there:
		return known, wd
	case n.tab.move(id, up, name):
		return moved, wd
	}
	return absent, 0
}

// sameFolder reports whether a known folder is still where the table has it,
// and at path too.
func (n *inotify) sameFolder(id uint32, path string) bool {
	old, ok := n.tab.path(id)
	if !ok || old == path {
		return false
	}
	a, errA := n.site.lstat(old)
	b, errB := n.site.lstat(path)
	return errA == nil && errB == nil && a.Dev == b.Dev && a.Ino == b.Ino
}

// displace takes a folder out of its place; another is there now, or none.
// Unless it turns up elsewhere, its watches are given back.
func (n *inotify) displace(id uint32) {
	n.tab.detach(id)
	n.limbo = append(n.limbo, stray{wd: n.tab.at(id).wd, at: n.now})
}

// release gives back the watches of folders that were not seen again. It does
// some at a time, as a folder may hold a million.
func (n *inotify) release() {
	left := pruneSlice
	kept := n.limbo[:0]
	for _, s := range n.limbo {
		id := n.tab.watched(s.wd)
		if id == 0 || !n.tab.detached(id) {
			continue
		}
		if s.at.Add(renameHold).After(n.now) || left <= 0 || !n.tab.prune(id, left, n.counted(&left)) {
			kept = append(kept, s)
		}
	}
	n.limbo = kept
}

// pruneSlice is how many watches are given back before the queue is looked at
// again, at about a microsecond each.
const pruneSlice = 2000

func (n *inotify) counted(left *int) func(wd int32) {
	return func(wd int32) {
		*left--
		n.unwatch(wd)
	}
}

// forget follows the kernel, which has dropped a watch.
func (n *inotify) forget(wd int32) {
	id := n.tab.watched(wd)
	switch {
	case id == rootNode:
		n.doubt, n.dead = true, true
	case id != 0:
		n.tab.prune(id, n.tab.len(), func(sub int32) {
			if sub != wd {
				n.unwatch(sub)
			}
		})
	}
}

// unmounted forgets everything beneath a place where a file system was.
func (n *inotify) unmounted(path string) {
	if id := n.tab.lookup(path); id > rootNode {
		n.displace(id)
	}
}

// polledMount reports whether a path is a place where a file system is mounted
// that others can change without our kernel telling; it is polled from now on.
func (n *inotify) polledMount(path string, since time.Time) bool {
	if _, ok := n.site.mounts.at(path); !ok {
		return false
	}
	magic, err := fsMagic(n.site.abs(path))
	if err != nil {
		return false
	}
	kind, remote := isRemote(magic)
	if remote {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.site.log.Info("polled: others may change it", "path", path, "type", kind)
		n.site.polls.add(path, false, since)
	}
	return remote
}
