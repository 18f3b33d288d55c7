package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/console"
	"github.com/syncsvc/syncsvc/control"
)

// asConfigured is what people call the level that the configuration names.
const asConfigured = "configured"

// logLevels are the levels that there are, the most talkative one first.
func logLevels() []string { return []string{"debug", "info", "warn", "error"} }

// addSetLevel gives the logs command --set-level.
func addSetLevel(cmd *cobra.Command, level *string) {
	cmd.Flags().StringVar(level, "set-level", "", "have MODULE log from `LEVEL` on from now on; configured = as before")
	levels := cobra.FixedCompletions(logLevels(), cobra.ShellCompDirectiveNoFileComp)
	settable := cobra.FixedCompletions(append(logLevels(), asConfigured), cobra.ShellCompDirectiveNoFileComp)
	_ = cmd.RegisterFlagCompletionFunc("level", levels) // they fail for a flag that is not there
	_ = cmd.RegisterFlagCompletionFunc("set-level", settable)
}

// setLevel changes from which level on a module logs while it runs, and tells
// so.
func (a *app) setLevel(ctx context.Context, l listing, name []string, level string) error {
	if len(name) == 0 {
		return usage("syncsvc logs www --set-level debug; for the service: log_level in syncsvc.yaml",
			"--set-level needs the name of a module")
	}
	level = strings.ToLower(level)
	request := control.LogLevel{Level: level}
	switch {
	case level == asConfigured:
		request.Level = ""
	case !slices.Contains(logLevels(), level):
		return usage("--set-level debug", "--set-level %q is none of %s %s", level, strings.Join(logLevels(), " "), asConfigured)
	}
	m, err := a.module(ctx, name[0])
	if err != nil {
		return err
	}
	var answer control.Answer
	err = quick(ctx, func(ctx context.Context) error { return m.post(ctx, "/log-level", request, &answer) })
	if err != nil {
		return err
	}
	return a.show(l, listed{value: answer, text: func(console.Look) string {
		return fmt.Sprintf("%s: %s\n", name[0], console.Safe(answer.Message))
	}})
}
