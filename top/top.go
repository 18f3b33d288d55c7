// Package top shows all modules on the whole screen of a terminal, as they are
// now, and lets a person act on them.
//
// It asks nobody itself: what it shows and does comes from a [Source]. What
// happens on a key or an answer is decided by a pure function of the state
// before, so that it can be tested without a terminal.
package top

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/syncsvc/syncsvc/control"
)

// How often the screen asks anew, and how long it waits before it asks for
// events again when they have ended.
const (
	askEvery   = time.Second
	retryAfter = time.Second
)

// Verb is something that can be done to a module.
type Verb string

// The verbs. Retry tries at once what fails, Sync compares everything.
const (
	Pause  Verb = "pause"
	Resume Verb = "resume"
	Retry  Verb = "retry"
	Sync   Verb = "sync"
)

// Source is where the screen gets what it shows. All functions may be called
// at the same time, Events only once at a time, and end when ctx does.
type Source struct {
	// Overview tells of all modules, with their Status.
	Overview func(ctx context.Context) (control.Overview, error)
	// Events calls each with what happens, until it cannot any more.
	Events func(ctx context.Context, each func(control.Event)) error
	// Do does something to a module and says in a sentence what. For [Sync],
	// id is that of its [control.Progress]; it may be empty.
	Do func(ctx context.Context, verb Verb, module string) (said, id string, err error)
	// Progress tells how far a sync is.
	Progress func(ctx context.Context, module, id string) (control.Progress, error)
}

// Options say where and how the screen is shown.
type Options struct {
	Source Source
	In     io.Reader // a terminal
	Out    io.Writer // a terminal
	Colour bool
}

// Run shows the screen until a person leaves it or ctx ends. The terminal is
// as before when it returns.
func Run(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	program := tea.NewProgram(newModel(callsOf(ctx, o.Source), o.Colour, time.Now()),
		tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithoutSignalHandler())
	var beside sync.WaitGroup
	beside.Go(func() {
		<-ctx.Done()
		program.Quit()
	})
	beside.Go(func() { hear(ctx, o.Source, program.Send) })
	_, err := program.Run()
	cancel()
	beside.Wait()
	if err != nil && !errors.Is(err, tea.ErrInterrupted) {
		return fmt.Errorf("show the screen: %w", err)
	}
	return nil
}

// hear passes events on until ctx ends.
func hear(ctx context.Context, s Source, send func(tea.Msg)) {
	for ctx.Err() == nil {
		// Why they ended shows in the overview, which is asked anyway.
		_ = s.Events(ctx, func(e control.Event) { send(eventMsg(e)) })
		timer := time.NewTimer(retryAfter)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}
