package scan

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// job is a folder, or the part of a folder, that one worker leaves to another.
type job struct {
	path  string
	frame frame // its descriptor belongs to whoever takes the job
}

// crew lets workers that have nothing to do take part of what others have.
type crew struct {
	jobs       chan job     // 0: handed over to a worker that already waits
	waiting    atomic.Int64 // workers that wait and to whom nobody has promised a job
	unfinished atomic.Int64 // jobs handed out and not done, the first one included
}

// newCrew starts with one unfinished job, the walk itself.
func newCrew() *crew {
	c := &crew{jobs: make(chan job)}
	c.unfinished.Store(1)
	return c
}

// reserve claims a waiting worker; the caller must hand it a job or release it.
func (c *crew) reserve() bool {
	for {
		n := c.waiting.Load()
		if n == 0 {
			return false
		}
		if c.waiting.CompareAndSwap(n, n-1) {
			return true
		}
	}
}

func (c *crew) release() { c.waiting.Add(1) }

// hand gives a job to a worker that reserve has claimed; it waits no longer
// than that worker needs to come to its receive.
func (c *crew) hand(j job) {
	c.unfinished.Add(1)
	c.jobs <- j
}

// take waits for a job; false means that the walk is over.
func (c *crew) take() (job, bool) {
	c.waiting.Add(1)
	j, ok := <-c.jobs
	return j, ok
}

// finish marks one job as done. Whoever finishes the last one dismisses all:
// only somebody with an unfinished job can hand out more.
func (c *crew) finish() {
	if c.unfinished.Add(-1) == 0 {
		close(c.jobs)
	}
}

// share leaves part of what this worker still has to do to those that wait.
func (w *worker) share() {
	for w.crew.reserve() {
		j, ok := w.spare()
		if !ok {
			w.crew.release()
			return
		}
		w.crew.hand(j)
	}
}

// spare takes half of the folders still to do off the topmost frame that has
// any: the nearer to the root, the more there is to do beneath. The current
// folder keeps at least one, or two workers would only pass a chain of folders
// back and forth.
func (w *worker) spare() (job, bool) {
	frames := w.stack.frames
	for i := w.stack.first; i < len(frames); i++ {
		f := &frames[i]
		if f.fd < 0 || !f.divisible(i == len(frames)-1) {
			continue
		}
		fd, err := unix.FcntlInt(uintptr(f.fd), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return job{}, false // no descriptor left: keep the work
		}
		half := frame{fd: fd, own: f.own, cover: f.cover, done: true, folders: f.split()}
		return job{path: w.name(f.path), frame: half}, true
	}
	return job{}, false
}
