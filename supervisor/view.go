package supervisor

import (
	"context"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

const (
	// fresh is how old an instance's status may be to be shown as it is.
	fresh = time.Second
	// lookPatience is how long an instance may take to answer. One that does
	// not is shown with what it said before.
	lookPatience = 2 * time.Second
	// rateOver is over how long the rate of sending is measured.
	rateOver = 5 * time.Second
)

// view is what an instance says of itself, asked over its socket. Whoever wants
// to see it never waits longer than he is willing to.
type view struct {
	ask func(context.Context) (*control.Status, error)

	mu      sync.Mutex // guards what follows
	status  *control.Status
	at      time.Time     // of status
	err     error         // of asking since then
	asking  chan struct{} // closed when the question under way is answered; nil = none
	samples []sample      // of the current process, over rateOver
}

// sample is how much had been sent at a moment.
type sample struct {
	at    time.Time
	bytes int64
}

func newView(socket string) *view {
	client := control.Dial(socket)
	return &view{ask: func(ctx context.Context) (*control.Status, error) {
		var st control.Status
		if err := client.Get(ctx, "/v1/status", &st); err != nil {
			return nil, err
		}
		return &st, nil
	}}
}

// look asks the instance unless what process pid has said is younger than age,
// and waits for the answer as long as ctx allows. The question itself goes on, so that a
// slow instance is asked once and not by everybody.
func (v *view) look(ctx context.Context, pid int, age time.Duration) {
	v.mu.Lock()
	if time.Since(v.at) < age && v.status.Pid == pid {
		v.mu.Unlock()
		return
	}
	if v.asking == nil {
		v.asking = make(chan struct{})
		go v.refresh(context.WithoutCancel(ctx), v.asking) // joined by wait
	}
	asking := v.asking
	v.mu.Unlock()
	select {
	case <-asking:
	case <-ctx.Done():
	}
}

// outdate makes the next look ask, whatever is known: something was changed.
func (v *view) outdate() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.at = time.Time{}
}

// wait returns when no question is under way.
func (v *view) wait() {
	v.mu.Lock()
	asking := v.asking
	v.mu.Unlock()
	if asking != nil {
		<-asking
	}
}

func (v *view) refresh(ctx context.Context, done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	st, err := v.ask(ctx)
	v.mu.Lock()
	defer v.mu.Unlock()
	defer close(done)
	v.asking = nil
	if v.err = err; err == nil {
		v.take(st, time.Now())
	}
}

// take remembers an answer; mu is held.
func (v *view) take(st *control.Status, now time.Time) {
	if v.status != nil && v.status.Pid != st.Pid {
		v.samples = nil
	}
	v.status, v.at = st, now
	s := sample{at: now}
	for _, t := range st.Targets {
		s.bytes += t.Counters.BytesSent
	}
	if n := len(v.samples); n > 0 && v.samples[n-1].bytes > s.bytes {
		v.samples = nil // a target was taken away, and its counters with it
	}
	v.samples = append(v.samples, s)
	for len(v.samples) > 2 && now.Sub(v.samples[1].at) >= rateOver {
		v.samples = v.samples[1:]
	}
}

// sight is what is known of an instance at a moment.
type sight struct {
	status *control.Status // nil = nothing
	at     time.Time       // of status
	err    error           // why it is not newer
	rate   float64         // bytes a second sent
}

func (v *view) seen() sight {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := sight{status: v.status, at: v.at, err: v.err}
	if n := len(v.samples); n > 1 {
		first, last := v.samples[0], v.samples[n-1]
		s.rate = float64(last.bytes-first.bytes) / last.at.Sub(first.at).Seconds()
	}
	return s
}
