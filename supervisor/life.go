package supervisor

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/child"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

const (
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
	hoarded bool   // that was for its memory
	asked   bool   // to end
}

// live starts the child and returns when it is gone with all it started. It
// returns nil when the child had been asked to end.
func (k *keeper) live(ctx context.Context, word orders) *death {
	k.set(func(s *keeperStatus) {
		s.State, s.Reason, s.Hint, s.NextStart = control.Starting, "", "", time.Time{}
	})
	spec, err := k.spec(word.module)
	if err != nil {
		return stillborn(err)
	}
	p, err := k.Starter.Start(spec)
	if err != nil {
		return stillborn(err)
	}
	l := &life{keeper: k, word: word, process: p, permits: k.Broker.join(k.Name, p.Link.Send), pulse: &pulse{}}
	k.set(func(s *keeperStatus) { s.Pid, s.Started = p.Pid(), p.Started() })
	k.Log.Info("module started", "pid", p.Pid())
	k.event(control.EventStarted, fmt.Sprintf("process %d started", p.Pid()), "")
	return l.run(ctx)
}

// spec describes the process for a module.
func (k *keeper) spec(m *config.Module) (child.Spec, error) {
	cmd, p := k.Command(m), m.Process
	s := child.Spec{Name: k.Name, Home: k.Home, Cmd: cmd, Limits: child.Limits{
		Nice: p.Nice, IOClass: p.IONice.Class, IOLevel: p.IONice.Level,
		OOMScoreAdjust: p.OOMScoreAdjust, MemoryMax: p.MemoryMax,
	}}
	if p.User != "" && p.WholeInstance {
		u, err := child.LookUpUser(p.User, m.Backend == config.BackendFanotify)
		if err != nil {
			return s, err
		}
		s.User = u
	}
	flags, err := quarters{k.Name, k.Home, k.RunDir, k.LogDir}.settle(s.User)
	cmd.Args = append(cmd.Args, flags...)
	return s, err
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
		l.farewell(e)
		return nil
	}
	return l.obituary(e, lived)
}

// farewell tells of an end that was asked for.
func (l *life) farewell(e child.Exit) {
	how := "ended on request"
	if e.Code != 0 {
		how += ", but badly: " + l.cause(e)
	}
	l.Log.Info("module's process ended", "pid", l.process.Pid(), "how", how)
	l.event(control.EventStopped, fmt.Sprintf("process %d %s", l.process.Pid(), how), "")
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
			if l.mustEnd(now) {
				return
			}
		}
	}
}
