package instance

import (
	"time"

	"github.com/syncsvc/syncsvc/change"
)

const (
	// A rename is heard of at most so long after it happened, but for a kernel
	// queue that is read very late.
	trailAge = 10 * time.Second
	// maxTrail bounds the paths that are remembered, at about 2 MB.
	maxTrail = 2 * maxJob
)

// trail is where jobs have been lately: what they were about and when they
// landed. A folder that was renamed meanwhile, which is heard of later, had left
// its old name when they came to it.
type trail struct {
	steps []step // in order of their landing
	paths int
	lost  time.Time // when the last of those that are forgotten landed
}

type step struct {
	landed     time.Time
	began      time.Time
	shape      shape
	footprints []footprint
}

type footprint struct {
	path  string
	scope change.Scope
	since time.Time
}

// add remembers a job that landed now.
func (t *trail) add(j *job, now time.Time) {
	s := step{landed: now, began: j.started, shape: j.shape, footprints: make([]footprint, 0, len(j.items))}
	for _, it := range j.items {
		s.footprints = append(s.footprints, footprint{it.Path, it.Scope, it.Since})
	}
	t.steps = append(t.steps, s)
	t.paths += len(s.footprints)
	for len(t.steps) > 1 && (t.paths > maxTrail || now.Sub(t.steps[0].landed) > trailAge) {
		t.paths -= len(t.steps[0].footprints)
		t.lost = t.steps[0].landed
		t.steps[0] = step{}
		t.steps = t.steps[1:]
	}
}

// from returns what was still in the air at a moment and has landed since;
// false when not all of that is remembered.
func (t *trail) from(moment time.Time) (steps []step, all bool) {
	i := len(t.steps)
	for i > 0 && !t.steps[i-1].landed.Before(moment) {
		i--
	}
	return t.steps[i:], t.lost.IsZero() || t.lost.Before(moment)
}

// mistrust owes again, under its new name, what jobs may have put under the old
// name of c after the folder had left it: they looked when it was renamed and
// nobody had told yet. The rename would carry over what has the size and the
// second of what is meant. A job that began before works in the folder it has
// opened, whatever that is called, if it is a rename.
//
// A file has no need of it: its contents are compared.
func (l *ledger) mistrust(c change.Change) {
	if c.Scope != change.Tree {
		return
	}
	doubts := change.NewSet(maxJob) // not a scan, if it can be helped: that guards deletions
	note := func(s shape, began time.Time, f footprint) {
		if s != rename || !began.Before(c.Since) || f.path != c.Was {
			f.follow(c, doubts)
		}
	}
	for _, j := range l.flying {
		for _, it := range j.items {
			if j.again == nil {
				note(j.shape, j.started, footprint{it.Path, it.Scope, it.Since})
			} else if change.Within(c.Was, it.Path) || change.Within(it.Path, c.Was) {
				j.again.Add(change.Change{Path: c.Path, Scope: change.Tree, Since: c.Since}) // it goes on
			}
		}
	}
	steps, all := l.trail.from(c.Since)
	for _, s := range steps {
		for _, f := range s.footprints {
			note(s.shape, s.began, f)
		}
	}
	if !all {
		doubts.Add(change.Change{Path: c.Path, Scope: change.Tree, Since: c.Since})
	}
	for d := range doubts.All() {
		l.add(d)
	}
}

// follow adds to doubts what a job at f may have put into the folder that c
// renames.
func (f footprint) follow(c change.Change, doubts *change.Set) {
	switch {
	case f.scope >= change.Scan && change.Within(c.Was, f.path):
		doubts.Add(change.Change{Path: c.Path, Scope: change.Tree, Since: c.Since})
	case f.path == c.Was && f.scope == change.Entry:
		// no more than its attributes
	case change.Within(f.path, c.Was):
		doubts.Add(change.Change{Path: change.Rebase(f.path, c.Was, c.Path), Scope: f.scope, Since: f.since})
	}
}
