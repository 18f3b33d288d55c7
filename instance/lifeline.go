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
}

func newLifeline(o Options) *lifeline {
	l := &lifeline{link: o.Link, log: o.Log}
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
	var listener sync.WaitGroup
	listener.Go(func() { l.listen(ctx) })
	l.beat(ctx, working, loops)
	l.link.Close()
	listener.Wait()
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

// say sends m if there is somebody to hear it. A supervisor that does not read
// is not dead; when it is, listen learns of it.
func (l *lifeline) say(m control.Message) {
	if l.link == nil {
		return
	}
	if err := l.link.Send(m); err != nil {
		l.log.Debug("the supervisor does not listen", "err", err)
	}
}
