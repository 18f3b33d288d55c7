package watch

import (
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// folder follows an event of a sub-folder of a watched one.
func (n *inotify) folder(e notice, path string) {
	switch {
	case e.mask&unix.IN_CREATE != 0:
		n.made(e, path)
	case e.mask&unix.IN_ATTRIB != 0:
		n.digest.attrib(path, e.since)
	case e.mask&unix.IN_DELETE != 0:
		n.digest.deletedFolder(path, e.since)
		n.site.polls.drop(path)
	case e.mask&unix.IN_MOVED_FROM != 0:
		n.movedFrom(e, path)
	case e.mask&unix.IN_MOVED_TO != 0:
		n.movedTo(e, path)
	}
}

// made follows the making of a folder: it is watched first and listed then, so
// that whatever is put into it is either listed or heard of.
func (n *inotify) made(e notice, path string) {
	o, wd := n.reconcile(e.wd, e.name, e.since)
	switch o {
	case absent:
		return // and its deletion is told of
	case fresh:
		n.begin(job{mode: entries, since: e.since}, wd)
	case astray:
		n.recheck(e.wd, e.since)
	}
	n.digest.folder(path, e.since)
}

// movedFrom follows a folder that left its name. If it is still there, it was
// swapped with another, or came back, and the event that says so is on its way.
func (n *inotify) movedFrom(e notice, path string) {
	n.pairs.depart(e.cookie, departure{path: path, dir: true, since: e.since, at: n.now})
	before := n.tab.find(n.tab.watched(e.wd), []byte(e.name))
	switch o, wd := n.reconcile(e.wd, e.name, e.since); o {
	case fresh:
		n.begin(job{mode: entries, since: e.since}, wd)
	case known, moved:
	default:
		if before != 0 && n.tab.find(n.tab.watched(e.wd), []byte(e.name)) == before {
			n.displace(before)
		}
	}
}

// movedTo follows a folder that came to a name, from elsewhere in the tree or
// from outside it.
func (n *inotify) movedTo(e notice, path string) {
	m := move{to: path, since: e.since}
	if d, ok := n.pairs.arrive(e.cookie); ok && d.path != "" {
		m.from, m.since = d.path, d.since
		n.site.polls.rename(m.from, path)
	}
	busy := len(n.jobs) > 0
	o, wd := n.reconcile(e.wd, e.name, m.since)
	switch {
	case (o == known || o == moved) && m.from != "" && !busy:
		n.tellMove(m)
		n.refilter(wd, m.since)
		return
	case o.watched():
		n.walkMoved(wd, m)
		return
	case o == astray:
		n.recheck(e.wd, m.since)
	}
	n.tellMove(m)
}

// walkMoved walks a folder that came to a name, and tells of it then. A walk
// that is yet to begin does for all its moves: one for each would make folders
// times moves of it where somebody renames a big folder to and fro.
func (n *inotify) walkMoved(wd int32, m move) {
	end := m.end(n)
	if j := n.ahead[wd]; j != nil {
		before := j.end
		j.end = func(path string, ok bool) {
			end(path, ok)
			before(path, ok)
		}
		return
	}
	n.ahead[wd] = n.begin(job{mode: walking, since: m.since, end: end}, wd)
}

// move is a folder that came to a name; from is "" when it came from outside.
type move struct {
	from, to string
	since    time.Time
}

// end returns what tells of a move once everything that moved is watched, and
// may have moved on.
func (m move) end(n *inotify) func(path string, ok bool) {
	return func(path string, ok bool) {
		m.to = path
		if ok {
			n.tellMove(m)
		} else if m.from != "" {
			n.digest.left(m.from, change.Tree, m.since)
		}
	}
}

func (n *inotify) tellMove(m move) {
	if m.from != "" {
		n.digest.renamed(m.from, m.to, change.Tree, m.since)
		return
	}
	n.digest.arrived(m.to, change.Tree, m.since)
}

// refilter finds what the filter says otherwise about now that a folder above
// it has another name.
func (n *inotify) refilter(wd int32, since time.Time) {
	if n.site.excluded != nil {
		n.begin(job{mode: filtering, since: since}, wd)
	}
}

// expire tells of names that left for good.
func (n *inotify) expire() {
	for _, d := range n.pairs.expired(n.now) {
		n.gone(d)
	}
}

func (n *inotify) gone(d departure) {
	if d.path == "" {
		return
	}
	n.digest.left(d.path, d.scope(), d.since)
	if d.dir {
		n.site.polls.drop(d.path)
	}
}

// split cuts a path into the folder it is in and its name.
func split(path string) (dir, name string) {
	return change.Parent(path), path[strings.LastIndexByte(path, '/')+1:]
}
