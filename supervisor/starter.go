package supervisor

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// starter starts processes that die with this one. The kernel sends the
// parent-death signal when the thread that started the child ends (prctl(2),
// PR_SET_PDEATHSIG), and Go ends threads as it likes; so one locked thread
// starts all of them and lives as long as the supervisor.
type starter struct {
	orders chan order // 0: hand-over
	done   sync.WaitGroup
}

type order struct {
	cmd    *exec.Cmd
	result chan error // 1: so that the thread never waits for the asker
}

func newStarter() *starter {
	s := &starter{orders: make(chan order)}
	s.done.Go(s.run)
	return s
}

func (s *starter) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for o := range s.orders {
		o.result <- o.cmd.Start()
	}
}

// start starts cmd in a process group of its own.
func (s *starter) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	o := order{cmd, make(chan error, 1)}
	s.orders <- o
	return <-o.result
}

// close ends the thread; nothing may be started afterwards. Children that are
// still alive would die with it, so the caller has waited for them.
func (s *starter) close() {
	close(s.orders)
	s.done.Wait()
}
