package instance

import (
	"slices"

	"github.com/syncsvc/syncsvc/change"
)

// held is what waits for a person's approval because it would delete too much.
type held struct {
	batches []*batch
	changed bool // since it was last saved
}

// batch is what one job was not allowed to delete.
type batch struct {
	set   *change.Set
	count int // deletions
}

// total is how many deletions wait.
func (h *held) total() (n int) {
	for _, b := range h.batches {
		n += b.count
	}
	return n
}

// holds reports whether path waits, by itself or with a folder above it.
func (h *held) holds(path string) bool {
	for _, b := range h.batches {
		if b.set.Holds(path) || b.set.HoldsAbove(path) {
			return true
		}
	}
	return false
}

// touches reports whether something that waits lies at path, above or beneath.
func (h *held) touches(path string) bool {
	for _, b := range h.batches {
		if b.set.Holds(path) || b.set.HoldsAbove(path) || b.set.HoldsBelow(path) {
			return true
		}
	}
	return false
}

// add makes b wait. When something that waits covers all of it, they are the
// same deletions, seen again; how many those of a part are is known only of the
// whole. What is looked at again just as it was, is counted anew.
func (h *held) add(b *batch) {
	h.changed = true
	for _, old := range h.batches {
		if old.covers(b.set) && !b.covers(old.set) {
			old.count = max(old.count, b.count)
			return
		}
	}
	h.forget(b.set)
	h.batches = append(h.batches, b)
}

func (b *batch) covers(set *change.Set) bool {
	for c := range set.All() {
		if !b.set.Covers(c) {
			return false
		}
	}
	return true
}

// forget drops what answered covers: the deletion was made, the name is there
// again, or a later look at the same folders has counted anew.
func (h *held) forget(answered *change.Set) {
	kept := h.batches[:0]
	for _, b := range h.batches {
		if n := len(b.set.Take(b.set.Len(), answered.Covers)); n > 0 {
			b.count = max(b.count-n, b.set.Len()) // less than there are is asked about again
			h.changed = true
		}
		if b.set.Len() > 0 {
			kept = append(kept, b)
		}
	}
	clear(h.batches[len(kept):])
	h.batches = kept
}

// hold keeps back the items of j that delete and returns a job with the rest,
// which has been sent. Unless everything is held, what was seen to be deleted,
// as opposed to found by walking, is owed again and goes without them. A name
// that failed is held too: making way for it may be what would delete; the
// outcome returned no longer has it as failed.
func (l *ledger) hold(j *job, o outcome) (*job, outcome) {
	failed := make(map[string]bool)
	for _, f := range o.failed {
		failed[f.path] = true
	}
	sent := *j
	sent.items = nil
	b := &batch{set: change.NewSet(0), count: o.deletions}
	var live []change.Change
	approved := l.overtakenByApproval(j)
	for _, it := range j.items {
		switch {
		case it.Scope == change.Entry && it.seen.kind != gone && !failed[it.Path]:
			sent.items = append(sent.items, it)
		case approved:
			l.add(it.Change) // look again when those are made, or now that they are
		case !o.everything && !it.Swept:
			live = append(live, it.Change)
		default:
			b.set.Add(waiting(it.Change))
		}
	}
	for _, c := range live {
		if b.set.Len() > 0 {
			l.add(c)
		}
	}
	o.failed = slices.DeleteFunc(slices.Clone(o.failed), func(f failedPath) bool { return b.set.Holds(f.path) })
	if b.set.Len() == 0 && len(live) == 0 {
		return &sent, o
	}
	if b.set.Len() == 0 { // nothing else can be to blame
		for _, c := range live {
			b.set.Add(waiting(c))
		}
	}
	l.held.add(b)
	return &sent, o
}

// overtakenByApproval reports whether deletions that j has counted may be among
// those that a person approved meanwhile. rsync only tells how many there are,
// so none of j can be held for them.
func (l *ledger) overtakenByApproval(j *job) bool {
	approved := l.approvedParts()
	return j.started.Before(l.made) || slices.ContainsFunc(j.items, func(it item) bool {
		return touches(approved, it.Path) || approved.HoldsBelow(it.Path)
	})
}

// sweep makes everything owed count as found by walking, not as seen to happen,
// and takes back every approval: the root is another one, and what is missing
// in it was not deleted in front of anybody's eyes.
func (l *ledger) sweep() {
	var all []change.Change
	for _, s := range l.sets() {
		all = append(all, s.Take(s.Len(), func(change.Change) bool { return true })...)
	}
	for _, j := range l.groups {
		all = append(all, j.changes()...)
	}
	l.groups = nil
	for _, c := range all {
		c.Was, c.Swept = "", true
		l.add(c)
	}
}

// swept reports whether anything that walking found is still owed.
func (l *ledger) swept() bool {
	for c := range l.unsettled() {
		if c.Swept {
			return true
		}
	}
	return false
}

// sweep does the same to a job that has landed.
func (j *job) sweep() {
	for i := range j.items {
		j.items[i].Was, j.items[i].Swept = "", true
	}
	j.allowed = 0
	j.sum()
}

// waits reports whether j, which looks at whole folders, would make deletions
// that wait for approval. Names that were seen to be deleted are no part of it.
func (l *ledger) waits(j *job) bool {
	for _, it := range j.items {
		if (it.Swept || it.Scope != change.Entry) && l.held.touches(it.Path) {
			return true
		}
	}
	return false
}

// waiting is c as it is held. Its contents were sent already, so that the quick
// check suffices when its turn comes.
func waiting(c change.Change) change.Change {
	c.Was, c.Quick, c.Swept, c.Spare = "", true, true, false
	return c
}

// approve lets the held deletions go and returns how many those are: as many
// may be made, and not more.
func (l *ledger) approve() (n int) {
	for _, b := range l.held.batches {
		for _, c := range b.set.Take(b.set.Len(), func(c change.Change) bool { return c.Scope == change.Tree }) {
			l.allow(newJob(tree, bulk, []change.Change{c}), b.count)
		}
		if flats := b.set.Take(b.set.Len(), func(change.Change) bool { return true }); len(flats) > 0 {
			l.allow(newJob(flat, fast, flats), b.count)
		}
		n += b.count
	}
	l.held.batches = nil
	return n
}

// allow owes j with the right to delete so much.
func (l *ledger) allow(j *job, deletions int) {
	j.asIs, j.allowed = true, deletions
	l.groups = append(l.groups, j)
}

// approved yields the jobs whose deletions a person has approved and that are
// not answered: they are kept on disk as held, since the checkpoint has passed
// them.
func (l *ledger) approved(yield func(*job) bool) {
	for _, jobs := range [][]*job{l.groups, l.flying} {
		for _, j := range jobs {
			if j.allowed > 0 && !yield(j) {
				return
			}
		}
	}
}

// approvedParts are the places where deletions are approved and not made.
func (l *ledger) approvedParts() *change.Set {
	s := change.NewSet(0)
	for j := range l.approved {
		for _, it := range j.items {
			s.Add(it.Change)
		}
	}
	return s
}

// approving counts the deletions that are approved and not made.
func (l *ledger) approving() (n int) {
	for j := range l.approved {
		n += j.allowed
	}
	return n
}
