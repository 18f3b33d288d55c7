package instance

import (
	"slices"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// shape is what an rsync is asked to do; see design: three shapes of a job.
type shape uint8

const (
	flat   shape = iota // entries and listings, no recursion
	tree                // trees, recursively
	rename              // something the target has under its old name
)

func (s shape) String() string { return [...]string{"flat", "tree", "rename"}[s] }

// lane keeps small changes from waiting behind big ones.
type lane uint8

const (
	fast lane = iota // small entries and listings
	bulk             // trees and big files
)

// item is a change and what was on disk when its job was planned.
type item struct {
	change.Change
	seen sight
}

// job is one piece of work for one target: some changes that one rsync
// answers. It belongs to the ledger until it is started, to its sender while
// it runs, and again to the ledger when it is settled.
type job struct {
	shape   shape
	lane    lane
	items   []item
	trusted bool // rsync's quick check suffices
	guarded bool // found by walking: deletions are counted before any is made
	allowed int  // deletions that a person has approved for it
	asIs    bool // a group: not to be split by kind again
	ripe    bool // what is gone has waited long enough to be deleted
	unpaved bool // a rename, and on the way to its folder something is not settled

	// overtaken: another job started while it ran, and may have given folders
	// a newer time than this one, which began earlier, gives them when it ends.
	overtaken bool

	source  string // identity of the root it was started on
	started time.Time
	oldest  time.Time // earliest Since of its changes

	// again collects what was started beneath a tree while the tree ran: the
	// tree's file list may be older than those, so its transfer or its delete
	// pass may undo them. They are sent once more when it ends.
	again *change.Set
	// spared are big files beneath a tree that another job was sending when it
	// started: it leaves them alone.
	spared []string
}

func newJob(s shape, l lane, changes []change.Change) *job {
	j := &job{shape: s, lane: l}
	for _, c := range changes {
		j.items = append(j.items, item{Change: c})
	}
	if s == tree {
		j.again = change.NewSet(maxOwed)
	}
	j.sum()
	return j
}

// sum brings what is said of the whole job in line with its items.
func (j *job) sum() {
	j.oldest, j.trusted, j.guarded = time.Time{}, true, false
	for _, it := range j.items {
		if j.oldest.IsZero() || it.Since.Before(j.oldest) {
			j.oldest = it.Since
		}
		j.trusted = j.trusted && (it.Quick || it.harmless())
		j.guarded = j.guarded || it.Swept
	}
}

// changes are those of its items.
func (j *job) changes() []change.Change {
	out := make([]change.Change, len(j.items))
	for i, it := range j.items {
		out[i] = it.Change
	}
	return out
}

// keep drops the items for which yes says no.
func (j *job) keep(yes func(item) bool) {
	kept := j.items[:0]
	for _, it := range j.items {
		if yes(it) {
			kept = append(kept, it)
		}
	}
	clear(j.items[len(kept):])
	j.items = kept
	j.sum()
}

// under reports whether path lies in a part of the tree that j walks.
func (j *job) under(path string) bool {
	for _, mine := range j.items {
		if change.Within(path, mine.Path) {
			return true
		}
	}
	return false
}

// whole reports whether j is the comparison of the whole tree.
func (j *job) whole() bool {
	return j.shape == tree && j.items[0].Path == change.Root
}

// deletesNear reports whether j is to delete something at, beneath or above one
// of the places.
func (j *job) deletesNear(places []string) bool {
	return len(places) > 0 && slices.ContainsFunc(j.items, func(it item) bool {
		return it.seen.kind == gone && near(places, it.Path)
	})
}

// concerns reports whether rsync can have come to path in this job: an item,
// what it may have walked into, or a folder it passed through.
func (j *job) concerns(path string) bool {
	for _, it := range j.items {
		deep := it.Scope != change.Entry || it.seen.kind != folder
		if it.Path == path || deep && change.Within(path, it.Path) || change.Within(it.Path, path) {
			return true
		}
	}
	return false
}

// harmless reports whether it may go with or without the quick check: it has
// no contents, or so few that comparing them costs nothing.
func (it item) harmless() bool {
	return it.Scope == change.Entry && (it.seen.kind != file || it.Quick && it.seen.size <= smallFile)
}

// careful reports whether the quick check must not be trusted with it.
func (it item) careful() bool { return !it.Quick && !it.harmless() }

// relaxed reports whether doing without the quick check would cost too much.
func (it item) relaxed() bool { return it.Quick && !it.harmless() }

const smallFile = 64 << 10
