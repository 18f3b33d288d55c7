package watch

import (
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// tend goes on with the jobs, and gives up on what did not come.
func (n *inotify) tend(now time.Time, drained bool) {
	n.now = now
	if drained {
		n.revive()
	}
	for until := time.Now().Add(workSlice); ; {
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
	if n.ahead[t.wd] == t.job {
		delete(n.ahead, t.wd)
	}
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
