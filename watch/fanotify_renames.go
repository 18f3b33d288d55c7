package watch

import (
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// renamed follows a rename; either name may be outside the tree, and each may
// have several paths where a file system is mounted twice.
func (f *fanotify) renamed(s signal, since time.Time) {
	from, to := f.paths(s.from, s.dir()), f.paths(s.to, s.dir())
	scope := change.Entry
	if s.dir() && len(from)+len(to) > 0 {
		f.handles.clear()
		scope = change.Tree
	}
	if len(from) == 1 && len(to) == 1 {
		f.site.polls.rename(from[0], to[0])
		f.digest.renamed(from[0], to[0], scope, since)
		return
	}
	for _, path := range to {
		f.digest.arrived(path, scope, since)
	}
	for _, path := range from {
		f.digest.left(path, scope, since)
	}
}

// flickered follows a name that came and went, or went and came.
func (f *fanotify) flickered(s signal, path string, since time.Time) {
	f.digest.settle.drop(path)
	scope := change.Entry
	if s.dir() {
		scope = change.Tree // what is in it may be older than the name
	}
	if on := f.digest.on; on.CreateFile || on.CreateFolder || on.Delete {
		f.digest.tell(change.Change{Path: path, Scope: scope, Since: since})
	}
}
