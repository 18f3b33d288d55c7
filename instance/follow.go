package instance

import (
	"slices"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// maxFollowed bounds what is remembered one by one for a renamed folder. Beyond,
// it is a scan of it: a tree renamed back and forth would double what is owed
// each time.
const maxFollowed = 100

// follow owes under its new name what is owed of a renamed folder: the target
// may have an old version of it, which the rename would carry over. What may
// trust the quick check is answered by the rename itself.
func (l *ledger) follow(was, path string, since time.Time) {
	moved := change.NewSet(maxFollowed)
	for c := range l.doubts(was, since) {
		switch {
		case c.Quick || c.Path == was && (c.Scope == change.Entry || c.Was != ""):
			continue
		case change.Within(c.Path, was):
			c.Path = change.Rebase(c.Path, was, path)
		default:
			c.Path = path // the doubt is about more than what was renamed
		}
		c.Was = ""
		moved.Add(c)
	}
	for c := range moved.All() {
		l.add(c)
	}
}

// doubts yields what is owed of a folder and what is in it, whether or not it is
// about more than that.
func (l *ledger) doubts(dir string, since time.Time) func(yield func(change.Change) bool) {
	return func(yield func(change.Change) bool) {
		for _, s := range []*change.Set{l.owed, l.doomed.set, l.busy, l.bulk, l.scans} {
			for c := range s.Under(dir) {
				if !yield(c) {
					return
				}
			}
			for c := range s.Above(dir) {
				if c.Scope >= change.Scan && !yield(c) {
					return
				}
			}
		}
		for _, c := range l.elsewhere(since) {
			above := c.Scope >= change.Scan && change.Within(dir, c.Path)
			if (above || change.Within(c.Path, dir)) && !yield(c) {
				return
			}
		}
	}
}

// elsewhere returns what is owed but in none of the sets: trees being sent,
// parts being walked, halves of failed jobs and paths on the fail list. The last
// are owed since then only: the checkpoint has passed them.
func (l *ledger) elsewhere(since time.Time) []change.Change {
	var out []change.Change
	for _, j := range append(l.groups[:len(l.groups):len(l.groups)], l.flying...) {
		if j.shape == flat && slices.Contains(l.flying, j) {
			continue // those are busy
		}
		for _, it := range j.items {
			out = append(out, it.Change)
		}
	}
	for _, c := range l.walking {
		out = append(out, c)
	}
	for _, f := range l.failing.paths {
		c := f.Change
		c.Since = since
		out = append(out, c)
	}
	return out
}
