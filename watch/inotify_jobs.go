package watch

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// mode says what a listing is for.
type mode uint8

const (
	// entries tells of every name found, and descends into folders that were
	// not watched yet. It follows the making of a folder.
	entries mode = iota
	// walking tells nothing until the end, and descends everywhere.
	walking
	// checking looks for folders that should be watched and are not, and walks
	// those: ones made while the path of the folder they are in was not known.
	checking
	// filtering is checking all the way down, and lets go of what is excluded
	// now that a folder above is called differently.
	filtering
)

// job is a piece of arming that began with one folder.
//
// What it tells of at the end is only told when everything is watched: told
// earlier, a name made between the look and the watch would be missed.
type job struct {
	mode  mode
	since time.Time
	top   int32 // the folder it began with
	// end, when set, tells of what is to be told at the end. It is given the
	// path of top, or false when that is on the move.
	end     func(path string, ok bool)
	sweep   bool // folders it did not come by are not in the tree
	again   bool // it has to be done once more
	polled  bool // it is a try to watch what is polled
	refused bool // a folder got no watch
	open    int  // tasks not done
}

// task is one folder to look into for a job.
type task struct {
	job   *job
	wd    int32
	path  string    // of a folder without a watch, which is only counted
	at    time.Time // when to try again
	tries int
}

const (
	// retryAfter is how long a folder that was not at its path is left alone:
	// the events that say where it is now are on their way.
	retryAfter = renameHold / 5
	mostTries  = 5
)

// begin starts a job with a folder that has a watch.
func (n *inotify) begin(j job, wd int32) *job {
	j.top = wd
	n.jobs[&j] = struct{}{}
	n.push(task{job: &j, wd: wd})
	return &j
}

// walk starts a job that watches everything at path, unless nothing is there
// or it gets no watch.
func (n *inotify) walk(path string, j job) outcome {
	j.mode = walking
	if path == change.Root {
		n.begin(j, n.tab.at(rootNode).wd)
		return known
	}
	dir, name := split(path)
	parent := n.tab.lookup(dir)
	if parent == 0 {
		return absent
	}
	o, wd := n.reconcile(n.tab.at(parent).wd, name, j.since)
	if o.watched() {
		n.begin(j, wd)
	}
	return o
}

// mounted walks a file system that appeared in the tree.
func (n *inotify) mounted(c change.Change) {
	tell := func(path string, ok bool) {
		if ok {
			c.Path = path
			n.digest.tell(c)
		}
	}
	if o := n.walk(c.Path, job{since: c.Since, end: tell}); o == skipped || o == absent {
		n.digest.tell(c)
	}
}

// recheck looks again into a folder that was not at its path, as soon as the
// events that say why have been read.
func (n *inotify) recheck(wd int32, since time.Time) {
	for _, t := range n.later {
		if t.wd == wd && t.job.mode == checking {
			return
		}
	}
	j := &job{mode: checking, since: since, top: wd, open: 1}
	n.jobs[j] = struct{}{}
	n.later = append(n.later, task{job: j, wd: wd, at: n.now})
}

func (n *inotify) push(t task) {
	t.job.open++
	if t.job.mode == walking || t.job.mode == filtering {
		n.slow = append(n.slow, t)
		return
	}
	n.quick = append(n.quick, t)
}

// pop returns the next task: new folders before walks, the deepest first.
func (n *inotify) pop() (task, bool) {
	from := &n.quick
	if len(*from) == 0 {
		from = &n.slow
	}
	last := len(*from) - 1
	if last < 0 {
		return task{}, false
	}
	t := (*from)[last]
	if *from = (*from)[:last]; last == 0 {
		*from = nil
	}
	return t, true
}

// tend goes on with the jobs, and gives up on what did not come.
func (n *inotify) tend(now time.Time, drained bool) {
	n.now = now
	if drained {
		n.revive()
	}
	for until := now.Add(workSlice); ; {
		t, ok := n.pop()
		if !ok {
			break
		}
		n.run(t)
		if time.Now().After(until) {
			break
		}
	}
	if drained {
		n.expire()
		n.release()
	}
}

// run does one task and, when it was the last, ends its job.
func (n *inotify) run(t task) {
	err := n.list(t, &n.names, n.push)
	if err != nil && isGone(err) && t.tries < mostTries && n.tab.watched(t.wd) != 0 {
		t.tries++
		t.at = n.now.Add(retryAfter)
		n.later = append(n.later, t)
		return
	}
	if err != nil {
		n.giveUp(t, err)
	}
	n.ended(t.job)
}

// giveUp lets go of a folder that stayed away from its path although every
// event has been read: it was deleted and somebody still has it open.
func (n *inotify) giveUp(t task, err error) {
	id := n.tab.watched(t.wd)
	switch {
	case id == 0 || id == rootNode || n.tab.detached(id):
	case isGone(err):
		n.displace(id)
	default:
		t.job.sweep = false // what is beneath it was not seen for another reason
		if path, ok := n.tab.path(id); ok {
			n.cannotRead(path, err)
		}
	}
}

// revive puts tasks back that waited for events to be read.
func (n *inotify) revive() {
	waiting := n.later
	n.later = nil
	for _, t := range waiting {
		if t.at.After(n.now) {
			n.later = append(n.later, t)
			continue
		}
		t.job.open--
		n.push(t)
	}
}

func (n *inotify) ended(j *job) {
	if j.open--; j.open > 0 {
		return
	}
	delete(n.jobs, j)
	if j.sweep {
		n.sweep()
	}
	path, ok := n.path(j.top)
	if j.polled && !j.refused && ok {
		n.rearmed(path, j.since)
	}
	if j.end != nil {
		j.end(path, ok)
	}
	n.hint = n.limitHint()
	if j == n.rewalk {
		n.rewalk = nil
		if j.again {
			n.overflowed(j.since)
		}
	}
}

// finish tells of everything that waits; what is not watched yet will be by
// the next Open.
func (n *inotify) finish() {
	n.now = time.Now().Add(renameHold)
	n.expire()
	for j := range n.jobs {
		j.open, j.sweep, j.again, j.polled = 1, false, false, false
		if j.end == nil {
			j.end = func(path string, ok bool) { n.arrived(path, ok, j.since) }
		}
		n.ended(j)
	}
	n.quick, n.slow, n.later = nil, nil, nil
}

func (n *inotify) arrived(path string, ok bool, since time.Time) {
	if ok {
		n.digest.tell(change.Change{Path: path, Scope: change.Tree, Since: since})
	}
}

// list does one task: looks into a folder, having made sure that it is the one
// the watch is for.
func (n *inotify) list(t task, names *lister, push func(task)) error {
	path, ok := t.path, true
	if path == "" {
		path, ok = n.path(t.wd)
	}
	if !ok {
		return unix.ENOENT
	}
	fd, err := openFolder(n.site.abs(path))
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if t.path == "" && !n.isFor(fd, t.wd) {
		return unix.ENOENT
	}
	touched := t.job.mode == entries && !untouched(fd)
	err = names.each(fd, func(e dirent) bool {
		touched = touched || t.job.mode == entries
		n.name(t, fd, path, e, push)
		return true
	})
	if touched && t.path == "" {
		n.digest.found(path, change.Listing, true, t.job.since)
	}
	return err
}
