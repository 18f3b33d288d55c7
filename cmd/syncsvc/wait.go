package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/console"
	"github.com/syncsvc/syncsvc/control"
)

func newWaitCommand(a *app) *cobra.Command {
	var l listing
	timeout := time.Minute
	cmd := &cobra.Command{
		Use:   "wait [MODULE]",
		Short: "Return when everything changed before now is on every target",
		Long: `Wait returns as soon as everything that changed before it was called is on every
target, of one module or of all: for cut-overs and scripts. If that takes longer
than --timeout, it prints what is behind and exits with 3, or with 5 when that is
only deletions that wait for approval. What changes after the call is not waited
for.`,
		Example:           "  syncsvc wait www && echo safe to switch\n  syncsvc wait --timeout 10m",
		Args:              perhapsModule,
		ValidArgsFunction: a.completeModule,
		RunE: func(cmd *cobra.Command, args []string) error {
			if timeout < 0 {
				return usage("--timeout 60s", "--timeout %s is negative", timeout)
			}
			var answer control.WaitAnswer
			err := atMost(cmd.Context(), timeout+patience, func(ctx context.Context) (err error) {
				answer, err = a.wait(ctx, args, timeout)
				return err
			})
			if err != nil {
				return err
			}
			return a.tellWait(l, answer, args, timeout)
		},
	}
	cmd.Flags().Var(span{&timeout}, "timeout", "give up after `TIME`")
	l.addJSON(cmd)
	return cmd
}

// wait asks a module, or all of them without a name.
func (a *app) wait(ctx context.Context, name []string, timeout time.Duration) (control.WaitAnswer, error) {
	route := "/wait?upto=now&timeout=" + url.QueryEscape(timeout.String())
	var answer control.WaitAnswer
	if len(name) == 1 {
		m, err := a.module(ctx, name[0])
		if err != nil {
			return answer, err
		}
		return answer, m.get(ctx, route, &answer)
	}
	c, err := a.supervisor()
	if err != nil {
		return answer, err
	}
	return answer, c.Get(ctx, "/v1"+route, &answer)
}

// tellWait says how the waiting ended.
func (a *app) tellWait(l listing, answer control.WaitAnswer, name []string, timeout time.Duration) error {
	if l.json {
		if err := a.printJSON(answer, true); err != nil {
			return err
		}
	} else {
		for _, line := range answer.Behind {
			a.say("%s", console.Safe(line))
		}
	}
	if answer.Done {
		return nil
	}
	if answer.Held {
		module := "MODULE"
		if len(name) == 1 {
			module = name[0]
		}
		return withHint(fmt.Errorf("%w after %s: deletions wait for approval", errHeld, timeout),
			fmt.Sprintf("see them with: syncsvc verify %s; if they are meant, run: syncsvc approve %s", module, module))
	}
	return fmt.Errorf("%w after %s", errBehind, timeout)
}
