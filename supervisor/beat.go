package supervisor

import (
	"context"
	"fmt"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// beatEvery is how often all keepers are looked at.
const beatEvery = time.Second

// beat looks at every keeper once a second and tells whoever wants to know: the
// service manager, readers of events, alerts. That all have been looked at is
// what the watchdog is about: a keeper that hangs makes this loop hang.
func (s *service) beat(ctx context.Context) {
	for {
		now := time.Now()
		modules := s.fleet.modules(now)
		s.fleet.announce(modules)
		s.notifier.tell(now, modules, s.underWay())
		if !pause(ctx, beatEvery) {
			return
		}
	}
}

// underWay reports whether a module has yet to come up for the first time, or
// the configuration to be read.
func (s *service) underWay() bool {
	if !s.reloader.once.Load() {
		return true
	}
	for _, m := range s.fleet.all() {
		select {
		case <-m.keeper.Ready():
		default:
			return true
		}
	}
	return false
}

// announce publishes changes of states that only the supervisor knows. What a
// process says of itself comes from there.
func (f *fleet) announce(modules []control.Module) {
	for _, now := range modules {
		m := f.get(now.Name)
		if m == nil {
			continue
		}
		differs := now.Status != nil && now.State != now.Status.State // the supervisor knows better
		f.mu.Lock()
		was, recovers := m.said, m.differed && !differs
		m.said, m.differed = now.State, differs
		f.mu.Unlock()
		if was == now.State || was == "" && now.State == control.Starting || now.Status != nil && !differs && !recovers {
			continue
		}
		e := control.Event{
			Kind: control.EventState, Module: now.Name, State: now.State, Was: was,
			Text: string(now.State), Hint: now.Hint,
		}
		if now.Reason != "" {
			e.Text = fmt.Sprintf("%s: %s", now.State, now.Reason)
		}
		f.hub.publish(e)
	}
}
