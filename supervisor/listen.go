package supervisor

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

const (
	// lookEachSecond is how many instances are asked for their status in a
	// second when nobody wants to see it.
	lookEachSecond = 50
	// listenAgain is when an instance that did not answer is asked again, and
	// listenSoon when it has only begun: it will not tell twice what it has told
	// before somebody listened.
	listenAgain = 500 * time.Millisecond
	listenSoon  = 20 * time.Millisecond
	young       = 10 * time.Second
)

// listen keeps what is seen of a member up to date, and passes its events on,
// until ctx ends.
func (f *fleet) listen(ctx context.Context, m *member) {
	var both sync.WaitGroup
	both.Go(func() { f.hear(ctx, m) })
	for pause(ctx, f.lookEvery()) {
		if pid := m.keeper.status().Pid; pid != 0 {
			m.view.look(ctx, pid, fresh/2)
		}
	}
	both.Wait()
	m.view.wait()
}

// lookEvery is how often one instance is asked for its status.
func (f *fleet) lookEvery() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return max(fresh, fresh*time.Duration(len(f.members))/lookEachSecond)
}

// hear passes the events of a member's processes on, one process after the
// other.
func (f *fleet) hear(ctx context.Context, m *member) {
	client := control.Dial(control.Socket(f.runDir, m.name))
	pid, last := 0, uint64(0) // of the events heard last
	for {
		k := m.keeper.status()
		if k.Pid != pid {
			pid, last = k.Pid, 0
		}
		if pid != 0 {
			// An error is the end of the process, or its socket is not there yet.
			_ = client.Stream(ctx, fmt.Sprintf("/v1/events?since=%d", last), func(value json.RawMessage) error {
				var e control.Event
				if err := json.Unmarshal(value, &e); err != nil {
					return err
				}
				last, e.Module = e.Seq, m.name
				f.hub.publish(e)
				return nil
			})
		}
		wait := listenAgain
		if pid != 0 && time.Since(k.Started) < young {
			wait = listenSoon
		}
		if !pause(ctx, wait) {
			return
		}
	}
}

// pause waits, and reports false when ctx has ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// look brings what is seen of all modules up to date, but waits for no
// instance longer than patience.
func (f *fleet) look(ctx context.Context, patience time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var all sync.WaitGroup
	for _, m := range f.all() {
		if pid := m.keeper.status().Pid; pid != 0 {
			all.Go(func() { m.view.look(ctx, pid, fresh) })
		}
	}
	all.Wait()
}

// modules are all modules as they are seen now, and what is left of those that
// were removed.
func (f *fleet) modules(now time.Time) []control.Module {
	list := []control.Module{} // in JSON a list, also when there is none
	for _, m := range f.all() {
		list = append(list, f.facts(m).describe(now))
	}
	return append(list, f.overdue(now)...)
}
