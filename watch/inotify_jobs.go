package watch

import (
	"time"

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
