package rsync

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long Run waits for what.
type patience struct {
	beat  time.Duration // between two looks at what has moved
	stall time.Duration // beyond Target.Timeout, which rsync itself keeps as a rule
	term  time.Duration // between SIGTERM and SIGKILL
	drain time.Duration // for what is left of a process group once its leader is gone
}

var errClosed = errors.New("the runner is closed")

// Runner runs jobs. All its children die with this process, whatever way it
// dies: the kernel kills rsync when the thread that started it ends, and
// rsync's own children (ssh, the receiver of a local copy) end on the broken
// pipe within a moment (measured: 0.3 s, no temporary file left).
type Runner struct {
	patience patience
	as       *Identity     // nil = whoever we are
	noFolder error         // why startIn can't work; owned by the starting thread
	starts   chan func()   // unbuffered: handed over to the starting thread
	stopped  chan struct{} // closed when that thread has ended
	jobs     sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	releases map[string]Release // by how rsync is called
}

// NewRunner returns a runner that has to be closed.
func NewRunner() *Runner { return NewRunnerAs(nil) }

// NewRunnerAs returns a runner whose rsyncs run as that identity; nil is whoever
// we are.
func NewRunnerAs(as *Identity) *Runner {
	r := &Runner{
		as:       as,
		patience: patience{beat: time.Second, stall: 10 * time.Second, term: 5 * time.Second, drain: 2 * time.Second},
		starts:   make(chan func()),
		stopped:  make(chan struct{}),
		releases: map[string]Release{},
	}
	go r.starter() // joined in Close
	return r
}

// Close waits for running jobs and ends the starting thread. Jobs end early
// only when their own contexts do. Run answers Killed afterwards.
func (r *Runner) Close() error {
	r.mu.Lock()
	closed := r.closed
	r.closed = true
	r.mu.Unlock()
	if closed {
		return nil
	}
	r.jobs.Wait()
	close(r.starts)
	<-r.stopped
	return nil
}

// starter starts all children from one thread that lives as long as the
// runner. PR_SET_PDEATHSIG goes by thread, and Go ends idle threads at will.
func (r *Runner) starter() {
	defer close(r.stopped)
	runtime.LockOSThread() // never unlocked, so that no other goroutine ends it
	r.ownFolder()
	for start := range r.starts {
		start()
	}
}

// start starts cmd in a folder, on the starting thread.
func (r *Runner) start(cmd *exec.Cmd, in *os.File) error {
	done := make(chan error, 1) // the answer must not hold up other starts
	r.starts <- func() { done <- r.startIn(cmd, in) }
	return <-done
}

// Run runs rsync for j and returns when rsync and everything it started are
// gone. When ctx ends first, the process group gets SIGTERM and, after a grace,
// SIGKILL. Runs may overlap.
//
// A target folder that does not exist is made, with its parents where rsync can
// do that (--mkpath, 3.2.3 on both sides); that takes another run or two.
func (r *Runner) Run(ctx context.Context, t Target, j Job) Result {
	started := time.Now()
	result := r.run(ctx, t, j)
	result.Started, result.Ended = started, time.Now()
	return result
}

func (r *Runner) run(ctx context.Context, t Target, j Job) Result {
	if err := r.enter(); err != nil {
		return notRun(Killed, err, "")
	}
	defer r.jobs.Done()
	if j.empty() {
		return Result{Class: Done}
	}
	if err := errors.Join(t.check(), j.check()); err != nil {
		return notRun(Config, err, "")
	}
	program, err := lookUp(t.program())
	if err != nil {
		return notRun(Config, err, "install rsync 3.1.0 or newer, or set rsync.program")
	}
	root, err := pin(j.Dir, j.Base)
	if err != nil {
		return notRun(classOf(err, Source), err, "")
	}
	defer root.Close()
	j.Paths = realPaths(root, j)
	return r.runIn(ctx, job{Target: t, Job: j, program: program, root: root})
}

// job is a Job with what it takes to start it.
type job struct {
	Target
	Job
	program string   // absolute
	root    *os.File // the folder to run in
}

func (r *Runner) enter() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return errClosed
	}
	r.jobs.Add(1)
	return nil
}

func notRun(class Class, err error, hint string) Result {
	return Result{Class: class, Code: -1, Reason: printable(err.Error()), Hint: hint}
}

// classOf is usual, unless this machine is only short of something.
func classOf(err error, usual Class) Class {
	for _, short := range []error{unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EAGAIN} {
		if errors.Is(err, short) {
			return Unknown
		}
	}
	return usual
}

// lookUp finds a program. It has to be absolute because rsync is started in
// the job's folder.
func lookUp(program string) (string, error) {
	found, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("look up rsync: %w", err)
	}
	return filepath.Abs(found)
}
