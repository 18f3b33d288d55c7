package watch

import (
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// overflowed begins to find what is not watched because the event that said so
// was dropped, and to let go of what is not in the tree any more. The kernel
// keeps all watches. since is the earliest moment a dropped event can have
// happened.
func (n *inotify) overflowed(since time.Time) {
	if n.rewalk != nil {
		n.rewalk.again = true
		return
	}
	n.tab.unseeAll()
	n.rewalk = n.begin(job{mode: walking, since: since, sweep: true, end: func(string, bool) {
		n.tellScan(since)
	}}, n.tab.at(rootNode).wd)
}

func (n *inotify) tellScan(since time.Time) {
	n.digest.tell(change.Change{Path: change.Root, Scope: change.Scan, Since: since})
}

// sweep lets go of folders that a walk of the whole tree did not come by.
func (n *inotify) sweep() {
	for _, id := range n.tab.unseen() {
		if !n.tab.detached(id) {
			n.displace(id)
		}
	}
}
