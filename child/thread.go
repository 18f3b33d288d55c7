package child

import (
	"errors"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// schedule is what a process inherits from the thread that starts it.
type schedule struct {
	nice int // 0: as we are
	io   int // as ioprio_set(2) takes it; 0: as we are
}

// thread is one thread of the kernel from which processes are started. It has
// to live as long as they do, because the kernel sends the parent-death signal
// when the thread that started a child ends (prctl(2), PR_SET_PDEATHSIG), and
// Go ends threads as it likes.
//
// Nice values and I/O priorities belong to threads too. A child that set them
// for itself would miss the threads it has by then, so it inherits them from a
// thread of ours that has them already.
type thread struct {
	orders chan order    // 0: hand-over
	ended  chan struct{} // closed when the thread is about to end
	warn   error         // what could not be set; before the first order is taken
}

type order struct {
	cmd    *exec.Cmd
	result chan error // 1: the thread never waits for who asked
}

func newThread(as schedule) *thread {
	t := &thread{orders: make(chan order), ended: make(chan struct{})}
	ready := make(chan struct{})
	go func() { // joined in close
		defer close(t.ended)
		runtime.LockOSThread() // never unlocked: the thread is of no use to others
		t.warn = as.adopt()
		close(ready)
		for o := range t.orders {
			o.result <- o.cmd.Start()
		}
	}()
	<-ready
	return t
}

func (t *thread) start(cmd *exec.Cmd) error {
	o := order{cmd, make(chan error, 1)}
	t.orders <- o
	return <-o.result
}

func (t *thread) close() {
	close(t.orders)
	<-t.ended
}

// adopt sets the schedule of the calling thread.
func (s schedule) adopt() error {
	var err error
	if s.nice != 0 {
		err = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), s.nice)
	}
	if s.io != 0 {
		const who = 1 // IOPRIO_WHO_PROCESS, which means a thread
		if _, _, errno := unix.Syscall(unix.SYS_IOPRIO_SET, who, 0, uintptr(s.io)); errno != 0 {
			err = errors.Join(err, errno)
		}
	}
	return err
}

// thread returns the thread from which processes with such a schedule start.
func (s *Starter) thread(as schedule) (*thread, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.threads == nil {
		return nil, errClosed
	}
	t := s.threads[as]
	if t == nil {
		t = newThread(as)
		s.threads[as] = t
		if t.warn != nil {
			s.log.Warn("cannot set nice or ionice", "nice", as.nice, "err", t.warn)
		}
	}
	return t, nil
}

var errClosed = errors.New("nothing is started any more")
