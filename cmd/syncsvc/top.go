package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/top"
)

func newTopCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "top",
		Short: "Watch all modules on the whole screen, and act on them",
		Long: `Top shows the modules, how their lag goes, what is being transferred, what fails
and what happens, on the whole screen of a terminal. Keys pause, sync and retry a
module or show everything about it; "?" lists them, "q" leaves.

Without a terminal use "syncsvc status --watch".`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !isTerminal(a.in) || !a.canRepaint() {
				return usage("syncsvc status --watch", "top needs a terminal")
			}
			if _, err := a.service(); err != nil {
				return err
			}
			return top.Run(cmd.Context(), top.Options{
				Source: a.topSource(), In: a.in, Out: a.out, Colour: a.look().Colour,
			})
		},
	}
}

// topSource lets package top ask and act.
func (a *app) topSource() top.Source {
	return top.Source{
		Overview: a.overview,
		Events:   a.newEvents(),
		Do:       a.topDo,
		Progress: func(ctx context.Context, module, id string) (control.Progress, error) {
			var p control.Progress
			m, err := a.module(ctx, module)
			if err != nil {
				return p, err
			}
			return p, m.get(ctx, "/sync/"+url.PathEscape(id), &p)
		},
	}
}

// newEvents returns what calls each with the events of all modules, and does
// not tell them twice when it is called again after the stream broke.
func (a *app) newEvents() func(context.Context, func(control.Event)) error {
	var told time.Time // of the last one
	return func(ctx context.Context, each func(control.Event)) error {
		c, err := a.supervisor()
		if err != nil {
			return err
		}
		return c.Stream(ctx, "/v1/events?since=0", func(value json.RawMessage) error {
			var e control.Event
			if err := json.Unmarshal(value, &e); err != nil {
				return fmt.Errorf("read an event: %w", err)
			}
			if e.Time.After(told) {
				told = e.Time
				each(e)
			}
			return nil
		})
	}
}

// topDo does to a module what a key of the screen is for.
func (a *app) topDo(ctx context.Context, verb top.Verb, module string) (said, id string, err error) {
	switch verb {
	case top.Pause, top.Resume:
		answers, err := a.switchModules(ctx, string(verb), control.ModulesRequest{Modules: []string{module}, Wait: true})
		if err != nil || len(answers) == 0 {
			return "", "", err
		}
		if answers[0].Error != "" {
			return "", "", errors.New(answers[0].Error)
		}
		return answers[0].Message, "", nil
	}
	m, err := a.module(ctx, module)
	if err != nil {
		return "", "", err
	}
	if verb == top.Retry {
		var answer control.Answer
		err := m.post(ctx, "/failures", control.FailuresRequest{Retry: true}, &answer)
		return answer.Message, "", err
	}
	var begun control.SyncStarted
	err = m.post(ctx, "/sync", control.SyncRequest{}, &begun)
	return begun.Message, begun.ID, err
}
