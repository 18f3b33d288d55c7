package child

import (
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/control"
)

// Process is a child. End has to be called, else it is never waited for, and
// Close after it. Signal, Kill and End do nothing once it has ended; they must
// not be called at the same time.
type Process struct {
	Link   *control.Link // our end
	Output *os.File      // what it writes to stdout and stderr, until all who may write are gone

	starter *Starter
	spec    Spec
	cmd     *exec.Cmd
	pidfd   *os.File // nil on kernels without
	group   *group   // nil: it has no control group
	inside  bool     // it was born in there, so nobody can be outside
	limited bool     // the kernel minds its memory limit
	born    time.Time
	exit    Exit // once it has ended
	over    bool // End was here

	exited chan struct{} // closed when it is dead; it is not waited for before End
	waiter sync.WaitGroup
}

// Exit is how a process ended.
type Exit struct {
	Code   int            // -1 when a signal ended it
	Signal syscall.Signal // 0 when none did
	// Memory says that the kernel killed it, or something it had started,
	// because they reached Limits.MemoryMax.
	Memory bool
}

// Pid is the process's number, which nobody else can get before End.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Started is when it was.
func (p *Process) Started() time.Time { return p.born }

// Exited is closed when the process is dead, whatever it left behind.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Signal sends a signal to the process alone.
func (p *Process) Signal(s syscall.Signal) {
	if !p.ended() {
		_ = unix.Kill(p.Pid(), s)
	}
}

// ended reports whether the process's number may be another one's by now.
func (p *Process) ended() bool { return p.over }

// Kill kills the process alone; End sees to what it has started.
func (p *Process) Kill() { p.Signal(unix.SIGKILL) }

// partingGrace is what those get whose parent is dead to end by themselves: an
// rsync that receives removes its temporary file, which SIGKILL would leave in
// the target.
const partingGrace = 3 * time.Second

// End waits until the process is dead, ends whatever it has left behind, and
// lets go of its number. What it wrote can still be read until Close.
func (p *Process) End() Exit {
	if p.ended() {
		return p.exit
	}
	<-p.exited
	p.waiter.Wait()
	p.leaveGroup()
	wish := exactly(p.mark())
	if p.inside {
		wish = nil
	}
	p.starter.orphans.end(wish)
	// Nobody has waited for it yet, so its group cannot be another one's.
	_ = unix.Kill(-p.Pid(), unix.SIGKILL)
	_ = p.cmd.Wait() // the state has all of it
	p.over = true
	p.starter.forget(p)
	if p.spec.Home != "" {
		removeRecord(p.spec.Home)
	}
	closeAll([]*os.File{p.pidfd})
	p.exit.Code = -1
	if state := p.cmd.ProcessState; state != nil { // else somebody else has waited for it
		p.exit.Code = state.ExitCode()
		if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			p.exit.Signal = ws.Signal()
		}
	}
	return p.exit
}

// leaveGroup removes the control group after asking it what happened.
func (p *Process) leaveGroup() {
	if p.group == nil {
		return
	}
	p.exit.Memory = p.limited && p.group.oomKills() > 0
	if err := p.group.end(); err != nil {
		p.starter.log.Warn("a control group stays behind", "err", err)
	}
}

// MemoryLimited reports whether the kernel minds Limits.MemoryMax. If it does
// not, somebody has to look at Memory.
func (p *Process) MemoryLimited() bool { return p.limited }

// Memory returns how many bytes the process and everything it started use now,
// without what is shared with files.
func (p *Process) Memory() int64 {
	var pids []int
	if p.group != nil {
		pids = p.group.pids()
	} else {
		pids = append(descendants(p.starter.processes(), p.Pid()), p.Pid())
	}
	var sum int64
	for _, pid := range pids {
		sum += private(pid)
	}
	return sum
}

// untilExit returns when the process is dead but leaves it to be waited for.
func (p *Process) untilExit() {
	if p.pidfd != nil {
		// The runtime's poller waits for all children without a thread for each.
		raw, err := p.pidfd.SyscallConn()
		if err == nil {
			err = raw.Read(func(uintptr) bool { return p.dead(unix.WNOHANG) })
		}
		if err == nil {
			return
		}
	}
	p.dead(0)
}

// dead reports whether the process is, or waits until it is.
func (p *Process) dead(orWait int) bool {
	for {
		var info unix.Siginfo
		err := unix.Waitid(unix.P_PID, p.Pid(), &info, unix.WEXITED|unix.WNOWAIT|orWait, nil)
		if err != unix.EINTR {
			return err != nil || info.Signo != 0
		}
	}
}
