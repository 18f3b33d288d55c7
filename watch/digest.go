package watch

import (
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// Events says which kinds of events are told of. A kind that is off is still
// followed, so that what is watched stays right.
type Events struct {
	CreateFile, CreateFolder, CloseWrite, Modify, Attrib, Delete, MoveFrom, MoveTo bool
}

// AllEvents returns Events with every kind on.
func AllEvents() Events {
	return Events{true, true, true, true, true, true, true, true}
}

// digest turns what a source heard, one event at a time, into changes. All
// paths are relative to the root and belong to the mirror.
//
// It is owned by the goroutine in Run.
type digest struct {
	on     Events
	settle *settle
	site   *site
	names  lister

	batch []change.Change
	fresh []string          // files created since the last settled call
	came  map[string]origin // renames since the last take, by their new path
}

func newDigest(s *site, on Events, quiet, atMost time.Duration) *digest {
	return &digest{on: on, settle: newSettle(quiet, atMost), site: s, came: map[string]origin{}}
}

// tell adds a change. A mount that is gone is not told of: see
// Watcher.LostMounts.
func (d *digest) tell(c change.Change) {
	if !d.site.mounts.lost(c.Path) {
		d.batch = append(d.batch, c)
	}
}

func (d *digest) entry(path string, since time.Time) {
	d.tell(change.Change{Path: path, Since: since})
}

// created is a new name that is not a folder. Whether it is a file that will
// be closed is only looked up when no close came along with it.
func (d *digest) created(path string, since time.Time) {
	if d.on.CreateFile {
		d.settle.created(path, since)
		d.fresh = append(d.fresh, path)
	}
}

// folder is a new folder, without what is in it.
func (d *digest) folder(path string, since time.Time) {
	if d.on.CreateFolder {
		d.entry(path, since)
	}
}

// found is what a listing of a new folder showed, or that folder itself, when
// somebody put something into it before it was watched.
func (d *digest) found(path string, scope change.Scope, dir bool, since time.Time) {
	if dir && d.on.CreateFolder || !dir && (d.on.CreateFile || d.on.CloseWrite) {
		d.tell(change.Change{Path: path, Scope: scope, Since: since})
	}
}

// closed is a file whose writer closed it.
func (d *digest) closed(path string, since time.Time) {
	if !d.on.CloseWrite {
		return
	}
	if isTmpName(path) {
		d.settle.modified(path, since)
		return
	}
	if u := d.settle.drop(path); u != nil {
		since = earlier(u.first, since)
	}
	d.entry(path, since)
}

// modified is a file that was written to and is still open, or was truncated.
func (d *digest) modified(path string, since time.Time) {
	if d.on.Modify {
		d.settle.modified(path, since)
	}
}

// attrib is a change of mode, owner, times, extended attributes or links. A
// new file's attributes go with the file.
func (d *digest) attrib(path string, since time.Time) {
	if !d.on.Attrib {
		return
	}
	if u := d.settle.waiting(path); u != nil && u.born {
		return
	}
	if isTmpName(path) {
		d.settle.modified(path, since)
		return
	}
	d.tell(change.Change{Path: path, Quick: true, Since: since})
}

// deleted is a name that is gone. One that came and went between two looks is
// told of too: a job that was looking at the folder may have sent it.
func (d *digest) deleted(path string, since time.Time) {
	d.settle.drop(path)
	if d.on.Delete {
		d.entry(path, since)
	}
}

// deletedFolder is a folder that is gone. What was in it was deleted before,
// but that may not have been heard: fanotify cannot say any more where it was,
// and inotify may not have watched it yet when a target already knew it. So
// scope is Tree, though nothing is there now: should a new folder be made under
// the name before a target has deleted the old one, what was in the old one
// would stay there for good.
func (d *digest) deletedFolder(path string, since time.Time) {
	if d.on.Delete {
		d.tell(change.Change{Path: path, Scope: change.Tree, Since: since})
	}
}

// left is a name that was moved to where we do not look. For a folder scope is
// Tree, as for one that was deleted.
func (d *digest) left(path string, scope change.Scope, since time.Time) {
	d.settle.drop(path)
	if d.on.MoveFrom {
		d.tell(change.Change{Path: path, Scope: scope, Since: since})
	}
}

// arrived is a name that was moved here from where we do not look.
func (d *digest) arrived(path string, scope change.Scope, since time.Time) {
	d.settle.drop(path)
	if d.on.MoveTo {
		d.tell(change.Change{Path: path, Scope: scope, Since: since})
	}
}

// renamed is a name that became another within the tree. Scope goes for
// both: see deletedFolder. That the old name is gone says nothing against
// contents, hence Quick; whatever takes its place is told by itself.
func (d *digest) renamed(old, path string, scope change.Scope, since time.Time) {
	d.settle.drop(old)
	d.settle.drop(path)
	if scope == change.Tree {
		d.settle.rename(old, path)
	}
	was := d.origin(old, path, since)
	if d.on.MoveTo {
		d.tell(change.Change{Path: path, Scope: scope, Since: earlier(was.since, since), Was: was.path})
	}
	if d.on.MoveFrom {
		d.tell(change.Change{Path: old, Scope: scope, Quick: true, Since: since})
	}
}

// origin returns where the contents of path were when this batch began: names
// that were renamed twice have one origin. Names that swapped places have
// none worth telling: each is overwritten while the other is looked for.
func (d *digest) origin(old, path string, since time.Time) origin {
	was := origin{old, since}
	if first, ok := d.came[old]; ok {
		was = first
	}
	if was.path != path {
		d.came[path] = was
		return was
	}
	for i := range d.batch {
		if d.batch[i].Path == old && d.batch[i].Was == path {
			d.batch[i].Was = ""
		}
	}
	delete(d.came, old)
	return origin{}
}

// origin is a name that was left, and when that was at the earliest.
type origin struct {
	path  string
	since time.Time
}
