// Package alert notices that something has been wrong for too long, and tells
// somebody: a program, or a URL that is posted to. When it is over it says so.
//
// It sees only what the service shows of itself ([control.Overview]) and
// changes nothing. Whether a notice is read is not its business, only that it
// was taken.
package alert

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/syncsvc/syncsvc/control"
)

const (
	lookEvery = 5 * time.Second

	// All rules together tell at most messageBurst at once and then one each
	// messageEvery, so that an outage of everything is no flood. The rest
	// waits, and what is over by then is never sent.
	messageEvery = 2 * time.Second
	messageBurst = 20
)

// The states of a [Message].
const (
	Raised    = "raised"
	Recovered = "recovered"
)

// Message is what a program finds on its standard input, and a webhook in the
// body. Spans are seconds.
type Message struct {
	ID     string            `json:"id"` // the same when a trouble is raised, repeated and over
	Name   string            `json:"name"`
	Kind   control.AlertKind `json:"kind"`
	Module string            `json:"module"`
	Target string            `json:"target,omitempty"`
	State  string            `json:"state"` // raised or recovered
	Since  time.Time         `json:"since"` // when it began to be wrong
	Time   time.Time         `json:"time"`  // when this was noticed

	Value     float64 `json:"value"`     // the lag in seconds, the number of paths, ...
	Threshold float64 `json:"threshold"` // what it may be
	Text      string  `json:"text"`      // one line for people
	Hint      string  `json:"hint,omitempty"`
	Host      string  `json:"host"`

	Repeat  int `json:"repeat,omitempty"`  // how often it was told before, for a trouble that goes on
	Dropped int `json:"dropped,omitempty"` // messages of this rule that were given up since the last
}

// idOf makes the ID of a trouble.
func idOf(host string, k key, since time.Time) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %d", host, k.Rule, k.Module, k.Target, since.UnixNano()))
	return hex.EncodeToString(sum[:8])
}

// Options says what to tell whom.
type Options struct {
	Rules    []control.AlertRule
	File     string                  // what is raised, and what is still to be sent, outlives the process here
	Overview func() control.Overview // how everything is now
	Noticed  func(Message)           // is called for each message besides; may be nil
	// Errand returns a variable for the environment of a program, and what ends
	// all who have inherited it; nil = a program that takes too long is ended
	// with its process group alone.
	Errand func() (variable string, end func())
	Log    *slog.Logger
}

// Alerts watches by the rules of one service.
type Alerts struct {
	o     Options
	host  string
	limit *rate.Limiter
	send  func(context.Context, control.AlertRule, Message) error // delivers once; tests fail at will

	changed chan struct{} // of capacity 1: rules were adopted

	mu        sync.Mutex
	evaluator *evaluator          // guarded by mu
	boxes     map[string]*outbox  // by rule, changed by Run alone; what is in them is guarded by mu
	adopted   []control.AlertRule // not in force yet, nil = none; guarded by mu
}

// Open reads what was raised when the service ended. A file that cannot be
// read is an error only for the log.
func Open(o Options) *Alerts {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	a := &Alerts{
		o: o, host: host, limit: rate.NewLimiter(rate.Every(messageEvery), messageBurst),
		changed:   make(chan struct{}, 1),
		evaluator: newEvaluator(o.Rules, host), boxes: map[string]*outbox{},
	}
	a.send = a.sendOnce
	for _, r := range o.Rules {
		a.boxes[r.Name] = newOutbox(r)
	}
	if err := a.load(); err != nil {
		o.Log.Warn("what was raised before is not known", "err", err)
	}
	return a
}

// Adopt takes over other rules, from the next look on. What a rule that stays
// has raised, and not told yet, stays with it.
func (a *Alerts) Adopt(rules []control.AlertRule) {
	a.mu.Lock()
	a.adopted = append([]control.AlertRule{}, rules...) // not nil, even without rules
	a.mu.Unlock()
	select {
	case a.changed <- struct{}{}:
	default:
	}
}

// Run looks and tells until ctx is done. What could not be sent by then is
// sent after the next start.
func (a *Alerts) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		a.runRules(ctx, tick.C)
	}
}

// runRules runs until ctx is done or there are other rules.
func (a *Alerts) runRules(ctx context.Context, tick <-chan time.Time) {
	ctx, cancel := context.WithCancel(ctx)
	var senders sync.WaitGroup
	for _, box := range a.boxes {
		senders.Go(func() { a.empty(ctx, box) })
	}
	defer func() {
		cancel()
		senders.Wait()
		a.change()
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.changed:
			return
		case now := <-tick:
			a.look(now)
		}
	}
}

// change puts adopted rules in force. Nothing is being sent meanwhile.
func (a *Alerts) change() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.adopted == nil {
		return
	}
	a.evaluator.replace(a.adopted)
	boxes := map[string]*outbox{}
	for _, r := range a.adopted {
		box := newOutbox(r)
		if old, ok := a.boxes[r.Name]; ok && old.rule.On == r.On {
			box.waiting, box.dropped = old.waiting, old.dropped
		}
		boxes[r.Name] = box
	}
	a.boxes, a.adopted = boxes, nil
}

// look takes one look at everything.
func (a *Alerts) look(now time.Time) {
	o := a.o.Overview()
	a.mu.Lock()
	messages := a.evaluator.look(now, o)
	for _, m := range messages {
		a.boxes[m.Name].put(m)
	}
	if len(messages) > 0 {
		a.keep()
	}
	a.mu.Unlock()
	for _, m := range messages {
		if a.o.Noticed != nil {
			a.o.Noticed(m)
		}
	}
}

// keep saves; a.mu is held.
func (a *Alerts) keep() {
	if err := a.save(); err != nil {
		a.o.Log.Warn("alerts would be told again after a restart", "err", err)
	}
}

// empty sends what is in an outbox until ctx is done.
func (a *Alerts) empty(ctx context.Context, box *outbox) {
	for {
		a.mu.Lock()
		m, ok := box.take()
		a.mu.Unlock()
		if !ok {
			select {
			case <-ctx.Done():
				return
			case <-box.wake:
			}
			continue
		}
		sent := a.deliver(ctx, box.rule, m)
		a.mu.Lock()
		if sent || ctx.Err() == nil {
			box.done(sent)
			a.keep()
		}
		a.mu.Unlock()
		if ctx.Err() != nil {
			return
		}
	}
}
