package top

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/syncsvc/syncsvc/control"
)

// What the screen is told.
type (
	// overviewMsg is how all modules are.
	overviewMsg struct {
		overview control.Overview
		err      error
		at       time.Time
	}
	// eventMsg is something that happened.
	eventMsg control.Event
	// doneMsg is what became of something a person asked for.
	doneMsg struct {
		verb   Verb
		module string
		said   string
		id     string
		err    error
	}
	// progressMsg is how far a sync is.
	progressMsg struct {
		module   string
		progress control.Progress
		err      error
	}
	// tickMsg says that it is time to ask again.
	tickMsg time.Time
)

// calls are what the screen can have done, each of which ends in a message.
type calls struct {
	overview func() tea.Cmd
	do       func(verb Verb, module string) tea.Cmd
	progress func(module, id string) tea.Cmd
	tick     func() tea.Cmd
}

// callsOf makes messages of what a source answers.
func callsOf(ctx context.Context, s Source) calls {
	return calls{
		overview: func() tea.Cmd {
			return func() tea.Msg {
				o, err := s.Overview(ctx)
				return overviewMsg{o, err, time.Now()}
			}
		},
		do: func(verb Verb, module string) tea.Cmd {
			return func() tea.Msg {
				said, id, err := s.Do(ctx, verb, module)
				return doneMsg{verb, module, said, id, err}
			}
		},
		progress: func(module, id string) tea.Cmd {
			return func() tea.Msg {
				p, err := s.Progress(ctx, module, id)
				return progressMsg{module, p, err}
			}
		},
		tick: func() tea.Cmd {
			return tea.Tick(askEvery, func(t time.Time) tea.Msg { return tickMsg(t) })
		},
	}
}
