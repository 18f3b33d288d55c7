package child

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// Spec describes a process to start.
type Spec struct {
	Name string // what it is for; unique among those that run
	// Home is a folder for what has to be known of it after a crash. It has to
	// exist.
	Home string
	// Cmd has Path, Args, Dir and Env (nil: ours). It is only read.
	Cmd    *exec.Cmd
	Limits Limits
	User   *User // nil: as we are
}

// Start starts a process.
func (s *Starter) Start(spec Spec) (*Process, error) {
	if spec.Cmd.Err != nil {
		return nil, spec.Cmd.Err
	}
	p := &Process{starter: s, spec: spec, exited: make(chan struct{})}
	link, output, err := p.connect()
	defer closeAll([]*os.File{link, output})
	if err == nil {
		err = p.start(link, output)
	}
	if err != nil {
		p.Close()
		return nil, fmt.Errorf("start %s: %w", spec.Cmd.Path, err)
	}
	p.waiter.Go(func() { p.untilExit(); close(p.exited) })
	p.settle()
	return p, nil
}

// mark is in the environment of the child and of all that it starts.
func (p *Process) mark() string { return p.starter.family + ":" + p.spec.Name }

// start starts the process, in a control group if there is a way.
func (p *Process) start(link, output *os.File) error {
	t, err := p.starter.thread(p.spec.Limits.schedule())
	if err != nil {
		return err
	}
	p.group = p.starter.newGroup(p)
	p.born = time.Now()
	err = p.try(t, link, output, p.group != nil && p.starter.bornInside())
	if err != nil && p.group != nil && p.starter.bornInside() {
		reason := err
		if err = p.try(t, link, output, false); err == nil {
			p.starter.notInside(reason)
		}
	}
	if err != nil {
		p.abandonGroup()
		return err
	}
	p.inside = p.group != nil && p.starter.bornInside()
	if p.group != nil && !p.inside {
		p.moveIn()
	}
	return nil
}

// moveIn moves the process to its control group. That takes so long that it may
// have started others by then, who are moved too; End finds who gets away.
func (p *Process) moveIn() {
	err := p.group.join(p.Pid())
	if err != nil {
		p.abandonGroup()
		p.starter.noGroups(err)
		return
	}
	all, err := table()
	if err != nil {
		return
	}
	for _, pid := range descendants(all, p.Pid()) {
		_ = p.group.join(pid) // it may be gone
	}
}

// try starts the process once, inside its control group or not. Where that is
// forbidden, it is with any of a number of errors: ENOSYS under a seccomp filter,
// EPERM, EBUSY, EINVAL or E2BIG from an old kernel.
func (p *Process) try(t *thread, link, output *os.File, inside bool) error {
	from, pidfd := p.spec.Cmd, -1
	// A session of its own is a process group of its own too, and tells what the
	// child starts from what we start.
	attr := &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL, PidFD: &pidfd}
	if u := p.spec.User; u != nil {
		attr.Credential, attr.AmbientCaps = u.Credential, u.Capabilities
	}
	if inside {
		attr.UseCgroupFD, attr.CgroupFD = true, int(p.group.fd.Fd())
	}
	p.cmd = &exec.Cmd{
		Path: from.Path, Args: from.Args, Dir: from.Dir, Env: p.environment(),
		Stdout: output, Stderr: output,
		ExtraFiles: []*os.File{link}, SysProcAttr: attr,
	}
	if err := p.starter.born(p, t); err != nil {
		return err
	}
	if pidfd >= 0 && syscall.SetNonblock(pidfd, true) == nil {
		p.pidfd = os.NewFile(uintptr(pidfd), "process")
	}
	return nil
}

// settle does what can only be done to a process that is there. It lives
// without, too.
func (p *Process) settle() {
	limits, log := p.spec.Limits, p.starter.log.With("module", p.spec.Name)
	if err := setOOMScore(p.Pid(), limits.OOMScoreAdjust); err != nil {
		log.Warn("module runs without its oom_score_adjust", "err", err)
	}
	if p.spec.Home != "" {
		if err := writeRecord(p.spec.Home, p.Pid()); err != nil {
			log.Warn("module may be hard to find after a crash", "err", err)
		}
	}
}

// environment is what the child gets to see.
func (p *Process) environment() []string {
	env := p.spec.Cmd.Env
	if env == nil {
		env = os.Environ()
	}
	env = append(slices.Clip(env), p.spec.Limits.environment()...)
	return append(env, control.LinkEnv+"="+linkNumber, MarkEnv+"="+p.mark())
}
