package instance

import (
	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/rsync"
)

// turned finds out which names were no folders when a job was planned but were
// when rsync came to them. It is owned by the sender.
type turned struct {
	untold  map[string]bool // names that were none, of which rsync has said nothing
	folders []string
}

// turnedOf is about j, which is not a tree: that looks at what is there itself.
func turnedOf(j *job) *turned {
	u := &turned{untold: make(map[string]bool)}
	if j.shape == tree {
		return u
	}
	for _, it := range j.items {
		if it.seen.kind != folder && it.Path != change.Root {
			u.untold[it.Path] = true
		}
	}
	return u
}

// note hears what rsync did; base is the job's own root.
func (u *turned) note(base string, it rsync.Item) {
	p := under(base, it.Path)
	if !u.untold[p] {
		return
	}
	delete(u.untold, p)
	if it.Dir && !it.Deleted {
		u.folders = append(u.folders, p)
	}
}

// all looks again at the names of which rsync said nothing: it is silent about a
// folder that the target has just so.
func (u *turned) all(g *ground) []string {
	var asked []item
	for p := range u.untold {
		asked = append(asked, item{Change: change.Change{Path: p}})
	}
	if len(asked) == 0 {
		return u.folders
	}
	for i, now := range g.look(asked, func() {}) {
		if now.kind == folder {
			u.folders = append(u.folders, asked[i].Path)
		}
	}
	return u.folders
}
