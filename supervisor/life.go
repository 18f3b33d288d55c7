package supervisor

import (
	"bufio"
	"context"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/syncsvc/syncsvc/child"
	"github.com/syncsvc/syncsvc/control"
)

const (
	// killGrace is what a child gets beyond the drain deadline before it is killed.
	killGrace = 2 * time.Second
	// dumpGrace is what a hung child gets to write down what it is doing.
	dumpGrace = 5 * time.Second
	// readGrace is for what is left in the pipe when everybody is gone who we
	// know may write to it.
	readGrace = 2 * time.Second
	// checkEvery is how often a child is looked at.
	checkEvery = time.Second
)

// life is one child from start to end.
type life struct {
	*keeper
	word    orders
	process *child.Process
	words   words
	permits *session
	pulse   *pulse
	killed  string // why its keeper killed it
	asked   bool   // to end
}

// live starts the child and returns when it is gone with all it started. It
// returns nil when the child had been asked to end.
func (k *keeper) live(ctx context.Context, word orders) *death {
	cmd := k.Command(word.module)
	k.set(func(s *keeperStatus) {
		s.State, s.Reason, s.Hint, s.NextStart = control.Starting, "", "", time.Time{}
	})
	p, err := k.Starter.Start(child.Spec{Name: k.Name, Cmd: cmd})
	if err != nil {
		return stillborn(err)
	}
	l := &life{keeper: k, word: word, process: p, permits: k.Broker.join(k.Name, p.Link.Send), pulse: newPulse(k.HungAfter)}
	k.set(func(s *keeperStatus) { s.Pid, s.Started = p.Pid(), p.Started() })
	k.Log.Info("module started", "pid", p.Pid())
	k.event(control.EventStarted, fmt.Sprintf("process %d started", p.Pid()))
	return l.run(ctx)
}

// run follows the child to its end.
func (l *life) run(ctx context.Context) *death {
	read := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() { l.read(); close(read) })
	all.Go(l.listen)

	l.watch(ctx)
	e := l.process.End()
	lived := time.Since(l.process.Started())
	select {
	case <-read:
	case <-time.After(readGrace):
	}
	l.process.Close()
	all.Wait()
	l.permits.leave()
	l.set(func(s *keeperStatus) { s.Pid, s.Memory = 0, 0 })
	if l.asked {
		l.Log.Info("module stopped", "pid", l.process.Pid())
		l.event(control.EventStopped, fmt.Sprintf("process %d ended on request", l.process.Pid()))
		return nil
	}
	return l.obituary(e, lived)
}

// watch returns when the child is dead. It ends the child when that is asked
// for or needed.
func (l *life) watch(ctx context.Context) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-l.process.Exited():
			return
		case <-ctx.Done():
			l.stop()
			return
		case <-l.wake:
			if word := l.orders(); !word.up || word.lives != l.word.lives {
				l.stop()
				return
			}
		case now := <-tick.C:
			if quiet := l.pulse.quiet(now); quiet > 0 {
				l.abort(quiet)
				return
			}
		}
	}
}

// stop asks the child to end, and ends it when it does not within the drain
// deadline.
func (l *life) stop() {
	l.asked = true
	l.process.Signal(syscall.SIGTERM)
	l.process.Signal(syscall.SIGCONT) // a stopped process hears nothing else
	if l.exits(l.Drain + killGrace) {
		return
	}
	l.Log.Error("module did not stop in time, killed", "pid", l.process.Pid(), "after", l.Drain+killGrace)
	l.kill()
}

// abort ends a child that does not move, and lets it tell why.
func (l *life) abort(quiet time.Duration) {
	l.killed = fmt.Sprintf("no sign of life for %s", quiet.Round(time.Second))
	l.Log.Error("module is hung, will be killed", "pid", l.process.Pid(), "quiet", quiet.Round(time.Second))
	l.process.Signal(syscall.SIGABRT)
	l.process.Signal(syscall.SIGCONT)
	if !l.exits(dumpGrace) {
		l.kill()
	}
}

// kill waits for as long as it takes: a process that waits for a disk does not
// even hear SIGKILL, and a second one beside it would be wrong.
func (l *life) kill() {
	l.process.Kill()
	if !l.exits(killGrace) {
		l.Log.Error("killed process does not end, it probably waits for a disk", "pid", l.process.Pid())
		l.set(func(s *keeperStatus) {
			s.Reason = "its killed process does not end, it probably waits for a disk"
		})
	}
	<-l.process.Exited()
}

// exits reports whether the child is dead within a time.
func (l *life) exits(within time.Duration) bool {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-l.process.Exited():
		return true
	case <-timer.C:
		return false
	}
}

// listen takes what the child says on the link, until it is gone.
func (l *life) listen() {
	for {
		m, err := l.process.Link.Receive()
		switch {
		case err != nil:
			return
		case m.Beat != nil:
			l.pulse.beat()
		case m.Ready != "":
			l.set(func(s *keeperStatus) { s.State, s.Reason = control.Live, m.Ready })
		default:
			l.permits.hear(m)
		}
	}
}

// maxLine is how much of a line of output is kept together.
const maxLine = 64 << 10

// read passes the output on, line by line, until nobody can write any more.
func (l *life) read() {
	in := bufio.NewReaderSize(l.process.Output, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		if n := len(line); n > 0 && line[n-1] == '\n' {
			line = line[:n-1]
		}
		if err == nil || len(line) > 0 {
			l.words.add(line)
			if l.Output != nil {
				l.Output(line)
			}
		}
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
	}
}
