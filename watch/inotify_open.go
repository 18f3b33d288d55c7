package watch

import (
	"context"
	"errors"
	"runtime"
	"sync"
)

// errManyFolders stops arming so that another backend can be tried.
var errManyFolders = errors.New("more folders than watches to spend")

// armer is Open's parallel walk. Cold, it is the disk that takes the time, and
// more than one question at a time is answered sooner.
type armer struct {
	n    *inotify
	ctx  context.Context
	most int // folders; 0: as many as there are

	work *sync.Cond // on n.mu
	busy int
	err  error
}

func armWorkers() int { return min(8, max(4, 2*runtime.NumCPU())) }

// arm watches the tree, or goes on watching it after errManyFolders. What could
// not be listed because it is on the move is left to Run.
func (n *inotify) arm(ctx context.Context, most int) error {
	if len(n.slow) == 0 {
		n.begin(job{mode: walking, since: n.now}, n.tab.at(rootNode).wd)
	}
	n.opening = true
	a := &armer{n: n, ctx: ctx, most: most, work: sync.NewCond(&n.mu)}
	withdraw := onEnd(ctx, func() { a.stop(ctx.Err()) })
	var workers sync.WaitGroup
	for range armWorkers() {
		workers.Go(a.run)
	}
	workers.Wait()
	withdraw()
	n.opening = false
	if a.err == nil {
		a.leave()
	}
	return a.err
}

func (a *armer) run() {
	var names lister
	for {
		t, ok := a.next()
		if !ok {
			return
		}
		a.done(t, a.n.list(t, &names, a.push))
	}
}

// next waits for a task; false when there will be none.
func (a *armer) next() (task, bool) {
	a.n.mu.Lock()
	defer a.n.mu.Unlock()
	for len(a.n.slow) == 0 && a.busy > 0 && a.err == nil {
		a.work.Wait()
	}
	if a.err != nil {
		return task{}, false
	}
	t, ok := a.n.pop()
	if ok {
		a.busy++
	}
	return t, ok
}

func (a *armer) push(t task) {
	a.n.mu.Lock()
	defer a.n.mu.Unlock()
	a.n.push(t)
	a.work.Signal()
}

func (a *armer) done(t task, err error) {
	a.n.mu.Lock()
	defer a.n.mu.Unlock()
	if a.busy--; a.busy == 0 {
		a.work.Broadcast()
	}
	if err != nil {
		t.at = a.n.now
		a.n.later = append(a.n.later, t)
	} else {
		t.job.open--
	}
	if a.most > 0 && (a.n.tab.len() > a.most || a.n.exhausted) && a.err == nil {
		a.err = errManyFolders
		a.work.Broadcast()
	}
}

func (a *armer) stop(err error) {
	a.n.mu.Lock()
	defer a.n.mu.Unlock()
	if a.err == nil {
		a.err = err
	}
	a.work.Broadcast()
}

// leave hands what could not be listed to Run, which tries again once it has
// read why.
func (a *armer) leave() {
	for j := range a.n.jobs {
		j.end = func(string, bool) { a.n.tellScan(j.since) }
		if j.open == 0 {
			delete(a.n.jobs, j)
		}
	}
	if a.n.hint = a.n.limitHint(); a.n.hint != "" {
		a.n.warnOfLimit()
	}
}
