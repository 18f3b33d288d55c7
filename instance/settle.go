package instance

import (
	"slices"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// verdict is what became of a job as a whole.
type verdict uint8

const (
	// answered: every item is settled but for those named as failed.
	answered verdict = iota
	// undone: nothing is certain; every item is owed again.
	undone
	// unexplained: something failed and rsync did not say which path.
	unexplained
	// mistaken: nothing is certain, and what the job builds on is not there;
	// every item is owed again without it.
	mistaken
	// withheld: everything was sent, but its deletions are more than may be
	// made without a person's approval.
	withheld
)

// outcome is what a sender reports of a job.
type outcome struct {
	verdict   verdict
	reason    string // why not answered, in one line for people
	hint      string
	trouble   trouble      // when the target as a whole is to blame
	blame     bool         // whether it is
	cut       bool         // the connection was lost in the middle
	failed    []failedPath // failed alone
	vanished  []string     // were gone when rsync came to them
	folders   []string     // made on the target
	turned    []string     // were folders when rsync came to them, and none when the job was planned
	deletions int          // made; when withheld, not made
	counted   bool         // they count towards the limit
	// when withheld: deletions that were seen to happen are held too
	everything bool
	sent       int64    // files
	names      []string // of files that a tree job sent, the first of them
	bytesOut   int64
	bytesIn    int64
}

type failedPath struct {
	path, reason string
	deep         bool // with what is in it
	mixedUp      bool // it was not what rsync took it for
}

// change is what must be tried again, when it is no item of j itself.
func (f failedPath) change(j *job) change.Change {
	c := change.Change{Path: f.path, Since: j.oldest, Quick: f.deep}
	switch {
	case f.deep && j.shape == flat:
		c.Scope = change.Listing
	case f.deep:
		c.Scope = change.Tree
	}
	return c
}

// settle takes j out of the air and draws the conclusions.
func (l *ledger) settle(j *job, o outcome, now time.Time) {
	l.land(j)
	l.trail.add(j, now)
	l.delivered(j, o)
	if j.allowed > 0 && o.verdict == answered {
		l.made = now
	}
	l.held.changed = l.held.changed || j.allowed > 0
	switch o.verdict {
	case answered:
		l.acknowledge(j, o, now)
	case unexplained:
		l.split(j, o.reason, now)
		if j.shape == flat {
			l.addUnfilled(j, o.folders)
		}
	case withheld:
		sent, rest := l.hold(j, o)
		l.acknowledge(sent, rest, now)
	default:
		l.again(j, o, now)
	}
}

// again owes everything anew. Folders that the job made nonetheless will not be
// new the next time, so what is in them is owed now.
func (l *ledger) again(j *job, o outcome, now time.Time) {
	if j.allowed > 0 {
		l.allow(newJob(j.shape, j.lane, j.changes()), j.allowed)
		return
	}
	for _, it := range j.items {
		if it.Was != "" && l.passOn(&it.Change) {
			l.add(it.Change)
			continue
		}
		if o.verdict == mistaken && l.await(it.Change, now) {
			continue
		}
		if o.verdict == mistaken {
			it.Was = ""
		}
		l.add(it.Change)
	}
	if j.shape == flat {
		l.addUnfilled(j, o.folders)
	}
	if o.cut {
		l.addRemains(j)
	}
}

// addRemains owes a look at folders in which a target that was cut off in the
// middle may have left a file half written, under a name of rsync's making.
func (l *ledger) addRemains(j *job) {
	if j.shape != flat || j.lane != bulk {
		return // small files are written in no time
	}
	for _, it := range j.items {
		l.add(change.Change{
			Path: change.Parent(it.Path), Scope: change.Listing, Quick: true, Swept: true, Since: j.started,
		})
	}
}

// acknowledge settles the items that are not named as failed, and adds what
// the answer showed to be owed beyond them.
func (l *ledger) acknowledge(j *job, o outcome, now time.Time) {
	failed := make(map[string]string, len(o.failed))
	for _, f := range o.failed {
		failed[f.path] = f.reason
	}
	l.noteTurned(j, o.turned)
	mine := make(map[string]item, len(j.items))
	for _, it := range j.items {
		mine[it.Path] = it
		if reason, bad := failed[it.Path]; bad {
			l.failing.note(it.Change, reason, now)
			continue
		}
		l.failing.clear(it.widened())
	}
	l.forget(j, failed)
	for _, f := range o.failed {
		if _, ok := mine[f.path]; !ok {
			l.failing.note(f.change(j), f.reason, now)
		}
	}
	l.settleNarrowed(j, failed, o.vanished)
	for _, p := range o.vanished {
		l.lookAgain(j, mine[p], p)
	}
	l.addUnfilled(j, o.folders)
	l.addParents(j)
}

// noteTurned corrects what j is known to have answered: of what was a folder by
// then it has sent nothing but the name. What the target has beneath it, from
// a folder of before, nobody else would find.
func (l *ledger) noteTurned(j *job, paths []string) {
	folders := make(map[string]bool, len(paths))
	for _, p := range paths {
		folders[p] = true
	}
	for i, it := range j.items {
		if !folders[it.Path] {
			continue
		}
		j.items[i].seen = sight{kind: folder}
		if l.narrowed.Holds(it.Path) {
			l.add(it.Change) // and will be widened
		}
	}
}

// settleNarrowed forgets the paths of which the target has nothing beneath any
// more.
func (l *ledger) settleNarrowed(j *job, failed map[string]string, vanished []string) {
	if l.narrowed.Len() == 0 {
		return
	}
	for _, it := range j.items {
		if _, bad := failed[it.Path]; !bad && it.seen.kind != folder && !slices.Contains(vanished, it.Path) {
			l.narrowed.Remove(it.Path)
		}
	}
}

// widened is the change that it answered: what is no folder has nothing beneath
// that could still fail.
func (it item) widened() change.Change {
	c := it.Change
	if it.seen.kind != folder {
		c.Scope = change.Tree
	}
	return c
}

// lookAgain owes a path that was another one when rsync came to it than when
// the job was planned. It is an item of j, or it is the zero item.
func (l *ledger) lookAgain(j *job, it item, path string) {
	if it.Path == "" {
		it.Change = change.Change{Path: path, Since: j.started, Swept: j.guarded}
	}
	it.Was = ""
	l.add(it.Change)
}

// forget lets go of held deletions that j has answered.
func (l *ledger) forget(j *job, failed map[string]string) {
	if len(l.held.batches) == 0 {
		return
	}
	done := change.NewSet(0)
	for _, it := range j.items {
		if _, bad := failed[it.Path]; !bad {
			done.Add(change.Change{Path: it.Path, Scope: it.Scope})
		}
	}
	l.held.forget(done)
}

// addUnfilled owes the contents of folders that the job made on the target but
// did not fill: sub-folders of a listing, and parents that the target had lost.
func (l *ledger) addUnfilled(j *job, folders []string) {
	switch {
	case j.shape == tree || j.shape == rename && len(j.items) == 0:
		return
	case j.shape == rename:
		l.addReplaced(j, folders)
		return
	} // all items of a flat job may be held: what it made is made
	mine := make(map[string]bool, len(j.items))
	for _, it := range j.items {
		mine[it.Path] = true
	}
	for _, p := range folders {
		if !mine[p] {
			l.add(change.Change{Path: p, Scope: change.Tree, Quick: true, Since: j.oldest})
		}
	}
}

// addReplaced owes a careful look at a renamed folder whose new name the
// target had already: what was there may differ unseen by the quick check, and
// may have to go.
func (l *ledger) addReplaced(j *job, made []string) {
	it := j.items[0]
	isNew := false
	for _, p := range made {
		isNew = isNew || p == it.Path
		if p != it.Path && change.Within(it.Path, p) { // the target had lost what is in it
			l.add(change.Change{Path: p, Scope: change.Tree, Quick: true, Since: j.oldest})
		}
	}
	if it.Scope != change.Tree || isNew {
		return
	}
	l.add(change.Change{Path: it.Path, Scope: change.Tree, Since: j.oldest})
}

// addParents owes the attributes of the folders of j's items when another job
// overtook it: that one may have given them a newer time already.
//
// A rename makes the new name but not the folder it is in; when that of the old
// one is another, nothing else gives it its time back.
//
// They are found by walking only if j is: a folder that goes meanwhile is seen
// to go, and so is what is in it.
func (l *ledger) addParents(j *job) {
	switch it := j.items; {
	case j.shape == rename && len(it) > 0 && change.Parent(it[0].Path) != change.Parent(it[0].Was):
	case j.shape == flat && j.overtaken:
	default:
		return
	}
	done := make(map[string]bool)
	for _, it := range j.items {
		if p := change.Parent(it.Path); !done[p] {
			done[p] = true
			l.add(change.Change{Path: p, Quick: true, Swept: j.guarded, Since: j.oldest})
		}
	}
}

// split finds the path that fails by halving; one that is left alone goes to
// the fail list.
func (l *ledger) split(j *job, reason string, now time.Time) {
	if len(j.items) == 1 {
		l.failing.note(j.items[0].Change, reason, now)
		return
	}
	half := len(j.items) / 2
	for _, items := range [][]item{j.items[:half], j.items[half:]} {
		part := *j
		part.items = append([]item(nil), items...)
		part.asIs = true
		if j.shape == tree {
			part.again = change.NewSet(maxOwed)
		}
		part.sum()
		l.groups = append(l.groups, &part)
	}
}
