package rsync

import (
	"context"
	"errors"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// supervise waits until rsync has exited, and sees to it that it does when ctx
// ends or when nothing moves any more.
func (p *process) supervise(ctx context.Context, j job, exited <-chan struct{}, wait patience) (end ending) {
	tick := time.NewTicker(wait.beat)
	defer tick.Stop()
	done := ctx.Done()
	life := newPulse(j.Progress, time.Now())
	var hard <-chan time.Time
	for {
		select {
		case <-exited:
			return end
		case <-done:
			done, end.cause = nil, context.Cause(ctx)
			hard = p.terminate(wait.term)
		case <-hard:
			p.signal(unix.SIGKILL)
		case now := <-tick.C:
			quiet := life.look(moved(p.cmd.Process.Pid), now)
			life.progress.sent.Store(wrote(p.cmd.Process.Pid))
			if j.Timeout > 0 && quiet > j.Timeout+wait.stall && end.cause == nil {
				end.cause, end.stalled = stallError(quiet), true
				hard = p.terminate(wait.term)
			}
			if quiet > fifoPatience && end.cause == nil && atFifo(p.cmd.Process.Pid) {
				end.cause = errFifo
				hard = p.terminate(wait.term)
			}
		}
	}
}

// fifoPatience is how long rsync may stand at a fifo that is opened elsewhere
// at the same moment.
const fifoPatience = 2 * time.Second

// errFifo ends a run in which a file became a fifo before it was opened. rsync
// would wait for somebody to write to it.
var errFifo = errors.New("a file became a fifo while it was to be sent")

// atFifo reports whether a process waits for the other end of a fifo, as far
// as the kernel shows.
func atFifo(pid int) bool {
	at, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/wchan")
	return err == nil && string(at) == "wait_for_partner"
}

// pulse tells for how long nothing has moved, by the monotonic clock.
type pulse struct {
	progress *Progress
	bytes    int64
	since    time.Time
}

func newPulse(p *Progress, now time.Time) *pulse {
	if p == nil {
		p = &Progress{}
	}
	p.note(0, now)
	p.sent.Store(0)
	return &pulse{progress: p, since: now}
}

func (p *pulse) look(bytes int64, now time.Time) (quiet time.Duration) {
	if bytes != p.bytes || bytes == 0 { // 0: it may not be looked at
		p.bytes, p.since = bytes, now
	}
	p.progress.note(bytes, now)
	return now.Sub(p.since)
}

// terminate asks the group to end and returns when to insist. A stopped
// process has to be woken to hear it.
func (p *process) terminate(grace time.Duration) <-chan time.Time {
	p.signal(unix.SIGTERM)
	p.signal(unix.SIGCONT)
	return time.After(grace)
}

// signal reaches the whole process group. The leader has not been waited for
// yet, so the number cannot belong to anybody else.
func (p *process) signal(s syscall.Signal) { _ = unix.Kill(-p.cmd.Process.Pid, s) }

// untilExit returns when the process is dead but leaves it to be waited for.
func (p *process) untilExit() {
	for {
		err := unix.Waitid(unix.P_PID, p.cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return
		}
	}
}

// settle waits until everybody who holds the output is gone, which is how the
// end of rsync's own children is seen, and helps after a while. Whoever left
// the group, like an ssh that serves as a master for others, is let go.
func (p *process) settle(drained <-chan struct{}, grace time.Duration) {
	for range 2 {
		select {
		case <-drained:
		case <-time.After(grace):
		}
		p.signal(unix.SIGKILL)
	}
	p.close()
}
