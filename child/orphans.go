package child

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// foreignPatience is how long a dead child that this package has not started is
// left to whoever did.
const foreignPatience = 10 * time.Second

// orphans sees to processes that came to us because their parents died. It
// looks through the process table when it is asked to, for all who ask at a
// time at once, because that takes milliseconds.
type orphans struct {
	log     *slog.Logger
	ours    func(pid int) bool // was started here and not waited for
	wishes  chan wish          // 0: hand-over
	done    sync.WaitGroup
	dead    map[entry]time.Time // strangers not waited for, since when; owned by run
	stopped context.CancelFunc
}

// wish is to end all who carry a mark.
type wish struct {
	carries func(mark string) bool // nil: only bury the dead
	granted chan struct{}          // closed when there is nobody left
}

func newOrphans(ctx context.Context, log *slog.Logger, ours func(int) bool) *orphans {
	o := &orphans{log: log, ours: ours, wishes: make(chan wish), dead: map[entry]time.Time{}}
	ctx, o.stopped = context.WithCancel(context.WithoutCancel(ctx))
	o.done.Go(func() { o.run(ctx) })
	return o
}

func (o *orphans) close() {
	o.stopped()
	o.done.Wait()
}

// end kills everybody who carries such a mark, and returns when they are gone.
func (o *orphans) end(carries func(mark string) bool) {
	w := wish{carries, make(chan struct{})}
	o.wishes <- w
	<-w.granted
}

func (o *orphans) run(ctx context.Context) {
	died := make(chan os.Signal, 1) // 1: a wake-up
	signal.Notify(died, syscall.SIGCHLD)
	defer signal.Stop(died)
	later := time.NewTimer(time.Hour)
	later.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-died:
			later.Reset(time.Second) // most are waited for by then
		case <-later.C:
			if all, err := table(); err == nil && o.bury(all, false) {
				later.Reset(foreignPatience)
			}
		case w := <-o.wishes:
			o.grant(append(o.more(), w))
		}
	}
}

// more takes the wishes that wait already.
func (o *orphans) more() []wish {
	var all []wish
	for {
		select {
		case w := <-o.wishes:
			all = append(all, w)
		default:
			return all
		}
	}
}

// huntPatience bounds the hunt for those that start others while they are
// killed, and the wait for those that hear nothing because of a disk.
const huntPatience = 5 * time.Second

// grant waits a moment for those that are meant to end, and kills who is left.
func (o *orphans) grant(wishes []wish) {
	defer func() {
		for _, w := range wishes {
			close(w.granted)
		}
	}()
	began, pause := time.Now(), time.Millisecond
	for {
		all, err := table()
		if err != nil {
			o.log.Error("orphans cannot be found", "err", err)
			return
		}
		meant := o.meant(all, wishes)
		waited := time.Since(began)
		if waited > partingGrace {
			for _, pid := range meant {
				_ = unix.Kill(pid, unix.SIGKILL)
			}
		}
		left := len(meant) + o.dying(all)
		o.bury(all, true)
		if left == 0 {
			return
		}
		if waited > partingGrace+huntPatience {
			o.log.Warn("processes do not end though they are killed", "pids", meant)
			return
		}
		<-time.After(pause)
		pause = min(2*pause, 100*time.Millisecond)
	}
}

// meant returns those that live and that one of the wishes means.
func (o *orphans) meant(all map[int]entry, wishes []wish) (pids []int) {
	if !slices.ContainsFunc(wishes, func(w wish) bool { return w.carries != nil }) {
		return nil
	}
	for pid, e := range all {
		if e.state == 'Z' || pid == os.Getpid() {
			continue
		}
		m := mark(pid)
		if m != "" && slices.ContainsFunc(wishes, func(w wish) bool { return w.carries != nil && w.carries(m) }) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// dying returns how many strangers are about to be dead: they have no memory any
// more, and so no mark.
func (o *orphans) dying(all map[int]entry) int {
	n := 0
	self := all[os.Getpid()]
	for pid, e := range all {
		if o.stranger(e, self) && e.session != self.session && e.state != 'Z' && Resident(pid) == 0 {
			n++
		}
	}
	return n
}

// stranger reports whether a process is our child but was not started here.
func (o *orphans) stranger(e, self entry) bool { return e.parent == self.pid && !o.ours(e.pid) }

// bury waits for dead children that nobody else will wait for, and reports
// whether some are left. Those that other packages of this process have started
// are in our session, as a rule, or are waited for within moments.
func (o *orphans) bury(all map[int]entry, atOnce bool) (left bool) {
	now := time.Now()
	self := all[os.Getpid()]
	dead := map[entry]time.Time{}
	for pid, e := range all {
		if !o.stranger(e, self) || e.state != 'Z' {
			continue
		}
		since, known := o.dead[e]
		if !known {
			since = now
		}
		if atOnce && e.session != self.session || now.Sub(since) >= foreignPatience {
			_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
			continue
		}
		dead[e] = since
	}
	o.dead = dead
	return len(dead) > 0
}

// inFamily tells the marks of all children of a state folder.
func inFamily(family string) func(string) bool {
	return func(mark string) bool { return strings.HasPrefix(mark, family+":") }
}

// exactly tells one mark.
func exactly(mark string) func(string) bool {
	return func(m string) bool { return m == mark }
}
