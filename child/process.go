package child

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/control"
)

// Spec describes a process to start.
type Spec struct {
	Name string // what it is for; its control group is named after it
	// Cmd has Path, Args, Dir and Env (nil: ours). Start fills in the rest; it
	// must not be used for a second start.
	Cmd *exec.Cmd
}

// Process is a child. End has to be called, else it is never waited for, and
// Close after it.
type Process struct {
	Link   *control.Link // our end
	Output *os.File      // what it writes to stdout and stderr, until all who may write are gone

	starter *Starter
	name    string
	cmd     *exec.Cmd
	pidfd   int // -1 on kernels without
	born    time.Time

	exited chan struct{} // closed when it is dead; it is not waited for before End
	waiter sync.WaitGroup
}

// Start starts a process.
func (s *Starter) Start(spec Spec) (*Process, error) {
	p := &Process{starter: s, name: spec.Name, cmd: spec.Cmd, exited: make(chan struct{})}
	theirs, err := p.connect()
	defer closeAll(theirs)
	if err == nil {
		err = p.start()
	}
	if err != nil {
		p.Close()
		return nil, fmt.Errorf("start %s: %w", spec.Cmd.Path, err)
	}
	p.waiter.Go(func() { p.untilExit(); close(p.exited) })
	return p, nil
}

// connect makes the link and the pipe for the output, and returns the child's
// ends.
func (p *Process) connect() (theirs []*os.File, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make a link: %w", err)
	}
	ours, link := os.NewFile(uintptr(pair[0]), "link"), os.NewFile(uintptr(pair[1]), "link")
	conn, err := net.FileConn(ours)
	ours.Close() // FileConn has a copy
	theirs = []*os.File{link}
	if err != nil {
		return theirs, fmt.Errorf("make a link: %w", err)
	}
	p.Link = control.NewLink(conn)
	out, output, err := os.Pipe()
	if err != nil {
		return theirs, fmt.Errorf("make a pipe: %w", err)
	}
	p.Output = out
	p.cmd.Stdout, p.cmd.Stderr = output, output
	p.cmd.ExtraFiles = []*os.File{link} // the first one has number 3
	if p.cmd.Env == nil {
		p.cmd.Env = os.Environ()
	}
	p.cmd.Env = append(p.cmd.Env, control.LinkEnv+"=3", MarkEnv+"="+p.mark())
	return append(theirs, output), nil
}

// mark is in the environment of the child and of all that it starts.
func (p *Process) mark() string { return p.starter.family + ":" + p.name }

func (p *Process) start() error {
	t, err := p.starter.thread(schedule{})
	if err != nil {
		return err
	}
	p.pidfd = -1
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, PidFD: &p.pidfd}
	p.born = time.Now()
	return t.start(p.cmd)
}

// Close closes both connections.
func (p *Process) Close() {
	if p.Link != nil {
		p.Link.Close()
	}
	closeAll([]*os.File{p.Output})
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close() // closing nil is only an error
	}
}

// Pid is the process's number, which nobody else can get before End.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Started is when it was.
func (p *Process) Started() time.Time { return p.born }

// Exited is closed when the process is dead, whatever it left behind.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Signal sends a signal to the process alone.
func (p *Process) Signal(s syscall.Signal) { _ = unix.Kill(p.Pid(), s) }

// Kill kills the process and everything it started.
func (p *Process) Kill() {
	_ = unix.Kill(-p.Pid(), unix.SIGKILL)
}

// Exit is how a process ended.
type Exit struct {
	Code   int            // -1 when a signal ended it
	Signal syscall.Signal // 0 when none did
}

// End waits until the process is dead, kills what it has left behind, and lets
// go of its number. What it wrote can still be read until Close.
func (p *Process) End() Exit {
	<-p.exited
	p.waiter.Wait()
	// While nobody has waited for it, its group cannot be another one's.
	p.Kill()
	_ = p.cmd.Wait() // the state has all of it
	if p.pidfd >= 0 {
		unix.Close(p.pidfd)
	}
	e := Exit{Code: p.cmd.ProcessState.ExitCode()}
	if ws, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		e.Signal = ws.Signal()
	}
	return e
}

// untilExit returns when the process is dead but leaves it to be waited for.
func (p *Process) untilExit() {
	for {
		err := unix.Waitid(unix.P_PID, p.Pid(), nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}
