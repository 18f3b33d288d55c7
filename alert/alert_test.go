package alert

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/control"
)

// desk is a service whose alerts are received, or not, by the test.
type desk struct {
	w    *world
	file string

	mu     sync.Mutex
	broken bool
	got    []string
}

func newDesk(t *testing.T, rules ...control.AlertRule) *desk {
	return &desk{w: newWorld(t, rules...), file: filepath.Join(t.TempDir(), "alerts")}
}

func (d *desk) receive(_ context.Context, r control.AlertRule, m Message) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken {
		return errors.New("nobody is there")
	}
	d.got = append(d.got, m.State+" "+m.Module)
	return nil
}

func (d *desk) overview() control.Overview {
	d.mu.Lock()
	defer d.mu.Unlock()
	o := d.w.Overview
	o.Modules = append([]control.Module(nil), o.Modules...)
	return o
}

func (d *desk) change(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

// run is one life of the service, of the given length.
func (d *desk) run(life time.Duration) {
	ctx, cancel := context.WithTimeout(d.w.t.Context(), life)
	defer cancel()
	a := Open(Options{Rules: d.w.e.rules, File: d.file, Overview: d.overview, Log: slog.New(slog.DiscardHandler)})
	a.send = d.receive
	a.Run(ctx)
}

func (d *desk) want(messages ...string) {
	d.w.t.Helper()
	if diff := cmp.Diff(messages, d.got); diff != "" {
		d.w.t.Error(diff)
	}
	d.got = nil
}

func TestRestartNeitherRepeatsNorForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, control.AlertRule{On: control.AlertHeld})
		d.w.target().Held = 5
		d.run(time.Minute)
		d.want("raised www")
		d.run(time.Minute)
		d.want()
		d.w.target().Held = 0
		d.run(2 * time.Minute)
		d.want("recovered www")
		d.run(2 * time.Minute)
		d.want()
	})
}

func TestWhatCouldNotBeSentIsSentAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, control.AlertRule{On: control.AlertHeld})
		d.w.target().Held = 5
		d.broken = true
		d.run(time.Minute)
		d.want()
		d.broken = false
		d.run(time.Minute)
		d.want("raised www")
	})
}

func TestMessageIsTriedAgainUntilItIsOldNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, control.AlertRule{On: control.AlertHeld})
		d.w.target().Held = 5
		d.broken = true
		d.run(2 * giveUpAfter)
		d.broken = false
		d.run(time.Minute)
		d.want()
	})
}

func TestWhatIsOverBeforeItCouldBeToldIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, control.AlertRule{On: control.AlertHeld})
		d.w.target().Held = 5
		d.broken = true
		var life sync.WaitGroup
		life.Go(func() { d.run(30 * time.Minute) })
		time.Sleep(time.Minute)
		d.change(func() { // a second one, which waits behind the first
			second := d.w.Modules[0]
			second.Name = "bbs"
			second.Status = &control.Status{Targets: []control.Target{{URL: "b", Held: 3}}}
			d.w.Modules = append(d.w.Modules, second)
		})
		time.Sleep(time.Minute)
		d.change(func() { d.w.Modules = d.w.Modules[:1] })
		time.Sleep(5 * time.Minute)
		d.change(func() { d.broken = false })
		life.Wait()
		d.want("raised www")
	})
}

func TestOutageOfEverythingIsNoFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, control.AlertRule{On: control.AlertHeld})
		one := d.w.Modules[0]
		d.w.Modules = nil
		for i := range 300 {
			one.Name = fmt.Sprint("m", i)
			one.Status = &control.Status{Targets: []control.Target{{URL: "a", Held: 1}}}
			d.w.Modules = append(d.w.Modules, one)
		}
		d.run(time.Minute)
		if got := len(d.got); got < messageBurst || got > messageBurst+31 {
			t.Errorf("%d messages in a minute", got)
		}
		d.run(time.Hour)
		if got := len(d.got); got != 300 {
			t.Errorf("%d messages in the end", got)
		}
	})
}

func TestOtherRulesAreAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held, lag := control.AlertRule{Name: "h", On: control.AlertHeld}, control.AlertRule{Name: "l", On: control.AlertLag, Over: time.Minute}
		d := newDesk(t, held)
		d.w.target().Held, d.w.target().Lag = 5, 100
		a := Open(Options{Rules: []control.AlertRule{held}, File: d.file, Overview: d.overview, Log: slog.New(slog.DiscardHandler)})
		a.send = d.receive
		ctx, cancel := context.WithCancel(t.Context())
		var life sync.WaitGroup
		life.Go(func() { a.Run(ctx) })
		time.Sleep(time.Minute)
		d.change(func() { d.want("raised www") })
		a.Adopt([]control.AlertRule{lag, held})
		time.Sleep(time.Minute)
		d.change(func() { d.want("raised www") }) // the lag
		a.Adopt(nil)
		time.Sleep(time.Minute)
		d.change(func() { d.w.target().Held = 0 })
		time.Sleep(5 * time.Minute)
		d.change(func() { d.want() })
		cancel()
		life.Wait()
	})
}

func TestFullOutboxDropsTheOldestAndSaysSo(t *testing.T) {
	b := newOutbox(control.AlertRule{})
	for i := range maxWaiting + 3 {
		b.put(Message{ID: fmt.Sprint(i), State: Raised})
		if i == 0 {
			b.take() // is being sent
		}
	}
	b.done(true)
	m, _ := b.take()
	if m.ID != "4" || len(b.waiting) != maxWaiting-1 {
		t.Errorf("next is %s of %d", m.ID, len(b.waiting))
	}
	b.done(false)
	if m, _ := b.take(); m.Dropped != 1 {
		t.Errorf("%d are said to be dropped", m.Dropped)
	}
}

func TestBrokenFileIsNoReasonNotToRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, control.AlertRule{On: control.AlertHeld})
		if err := os.WriteFile(d.file, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		d.w.target().Held = 5
		d.run(time.Minute)
		d.want("raised www")
	})
}
