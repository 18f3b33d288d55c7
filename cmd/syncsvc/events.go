package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

func newEventsCommand(a *app) *cobra.Command {
	var l listing
	var since string
	cmd := &cobra.Command{
		Use:   "events [MODULE]",
		Short: "Print what happens as it happens, until Ctrl-C",
		Long: `Events prints state changes, arrivals, failures, holds and deaths of all modules,
or of one, as they happen. With --since it begins with what is remembered: of the
last 10 minutes, or after the event of that number.

It ends with Ctrl-C, or with 4 when the service does.`,
		Example:           "  syncsvc events\n  syncsvc events www --since 10m\n  syncsvc events --json | jq 'select(.kind == \"held\")'",
		Args:              perhapsModule,
		ValidArgsFunction: a.completeModule,
		RunE: func(cmd *cobra.Command, args []string) error {
			query, from, err := sinceQuery(since, time.Now())
			if err != nil {
				return err
			}
			c, route, err := a.eventSource(cmd.Context(), args, query)
			if err != nil {
				return err
			}
			return a.streamed(cmd.Context(), c.Stream(cmd.Context(), route, func(value json.RawMessage) error {
				return a.tellEvent(l, from, value)
			}))
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "begin with the last `TIME` (10m), or after the event of that number")
	l.addJSON(cmd)
	return cmd
}

// sinceQuery returns what to ask for, and from when on to show it.
func sinceQuery(since string, now time.Time) (query url.Values, from time.Time, err error) {
	query = url.Values{}
	if since == "" {
		return query, from, nil
	}
	if n, err := strconv.ParseUint(since, 10, 64); err == nil {
		query.Set("since", strconv.FormatUint(n, 10))
		return query, from, nil
	}
	d, err := config.ParseDuration(since)
	if err != nil || d < 0 {
		return nil, from, usage("--since 10m", "--since %q is neither a time nor a number", since)
	}
	query.Set("since", "0")
	return query, now.Add(-d), nil
}

// eventSource is where events of all modules, or of one, come from.
func (a *app) eventSource(ctx context.Context, name []string, query url.Values) (*control.Client, string, error) {
	if len(name) == 1 {
		m, err := a.module(ctx, name[0])
		if err != nil {
			return nil, "", err
		}
		if m.alone {
			return m.Client, "/v1/events?" + query.Encode(), nil
		}
		query.Set("module", name[0])
	}
	c, err := a.supervisor()
	return c, "/v1/events?" + query.Encode(), err
}

// tellEvent prints one event.
func (a *app) tellEvent(l listing, from time.Time, value json.RawMessage) error {
	var e control.Event
	if err := json.Unmarshal(value, &e); err != nil {
		return fmt.Errorf("read an event: %w", err)
	}
	switch {
	case e.Time.Before(from):
		return nil
	case l.json:
		return a.write(string(value) + "\n")
	}
	return a.write(a.look().Event(e) + "\n")
}

// streamed says how a stream ended: with Ctrl-C, as it should, or with the
// service.
func (a *app) streamed(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return nil
	case err == nil:
		return fmt.Errorf("%w any more: the service has ended the stream", control.ErrNotRunning)
	case is[*control.Failed](err), errors.Is(err, control.ErrNotRunning):
		return err
	}
	return fmt.Errorf("%w any more: %w", control.ErrNotRunning, err)
}
