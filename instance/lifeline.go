package instance

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// beatEvery is how often a sign of life is given.
const beatEvery = time.Second

// lifeline is this end of the link to the supervisor. Without a supervisor link
// is nil, and nothing is said or asked.
type lifeline struct {
	link    *control.Link
	log     *slog.Logger
	permits permits
	said    string // the last Ready; owned by the goroutine of herald

	wake chan struct{} // 1: there is something in unsaid

	mu     sync.Mutex // guards unsaid
	unsaid []control.Message
}

func newLifeline(o Options) *lifeline {
	l := &lifeline{link: o.Link, log: o.Log, wake: make(chan struct{}, 1)}
	l.permits = permits{say: l.say, budget: o.Budget, waiting: make(map[uint64]chan control.Permit)}
	if o.Link == nil {
		l.permits.budget = nil
	}
	return l
}

// run hears the supervisor and gives signs of life until ctx ends. While
// working is not done, it does so only as long as all loops move.
func (l *lifeline) run(ctx, working context.Context, loops func() []loop) {
	if l.link == nil {
		return
	}
	var others sync.WaitGroup
	others.Go(func() { l.listen(ctx) })
	others.Go(func() { l.speak(ctx) })
	l.beat(ctx, working, loops)
	l.link.Close()
	others.Wait()
}

// listen takes what the supervisor says. When the supervisor is gone, this
// process goes too, at once and without asking anybody: its loops may be what
// is stuck. The kernel ends every rsync with it, and what it was doing is found
// again by the next life, as after any crash.
func (l *lifeline) listen(ctx context.Context) {
	for {
		m, err := l.link.Receive()
		switch {
		case err == nil && m.Grant != nil:
			l.permits.granted(*m.Grant)
		case err == nil:
		case ctx.Err() != nil:
			return
		default:
			time.AfterFunc(beatEvery, func() { os.Exit(1) }) // should nobody take the log
			l.log.Error("the supervisor is gone, so this module ends", "err", err)
			os.Exit(1)
		}
	}
}

func (l *lifeline) beat(ctx, working context.Context, loops func() []loop) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	var (
		watch lookout
		told  string
	)
	for {
		all := loops()
		still := watch.look(all, time.Now())
		if working.Err() != nil {
			still = "" // they are ending
		}
		if still == "" {
			l.say(control.Message{Beat: &control.Beat{Loops: len(all)}})
		} else if still != told {
			l.log.Error("a loop stands still, no more signs of life", "loop", still, "for", stillFor)
		}
		told = still
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// ready tells the supervisor that the module is armed, or what it waits for,
// when that is news. Only one goroutine may call it.
func (l *lifeline) ready(what string) {
	if what == "" || what == l.said {
		return
	}
	l.said = what
	l.say(control.Message{Ready: what})
}

// say has m sent if there is somebody to hear it. It never waits, so that it may
// be called with locks held. Of beats that nobody has heard yet, one is enough.
func (l *lifeline) say(m control.Message) {
	if l.link == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.unsaid); m.Beat == nil || n == 0 || l.unsaid[n-1].Beat == nil {
		l.unsaid = append(l.unsaid, m)
	}
	wakeUp(l.wake)
}

// speak sends what is to be said until ctx ends. A supervisor that does not read
// is not dead; when it is, listen learns of it. What it did not take is said
// again: a permit that is not given back would be lost to all modules.
func (l *lifeline) speak(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		}
		for _, m := range l.take() {
			for ctx.Err() == nil && l.link.Send(m) != nil && m.Beat == nil {
				sleep(ctx, beatEvery)
			}
		}
	}
}

func (l *lifeline) take() []control.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.unsaid
	l.unsaid = nil
	return all
}
