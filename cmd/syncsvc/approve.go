package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/console"
	"github.com/syncsvc/syncsvc/control"
)

func newApproveCommand(a *app) *cobra.Command {
	var l listing
	var target string
	cmd := &cobra.Command{
		Use:   "approve MODULE [--target URL]",
		Short: "Let held deletions go",
		Long: `Approve lets the deletions go that wait because they were more than max_delete
allows, at all targets of a module or at one. As many as were counted may be
made, and not more: if it has become more since, they are held again.

It also accepts a watch folder that is on another file system than before, as
after a move to a new disk; deletions after that are held once more.`,
		Example:           "  syncsvc approve www\n  syncsvc approve www --target rsync://backup@10.0.0.8/www",
		ValidArgsFunction: a.completeModule,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 && target == "" { // the target in its old place
				target = args[1]
				return nil
			}
			return oneModule(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := a.module(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			var answer control.Answer
			if err := m.post(cmd.Context(), "/approve", control.TargetRequest{Target: target}, &answer); err != nil {
				return err
			}
			return a.show(l, listed{value: answer, text: func(console.Look) string {
				return fmt.Sprintf("%s: %s\n", args[0], console.Safe(answer.Message))
			}})
		},
	}
	addTarget(cmd, &target)
	l.addJSON(cmd)
	return cmd
}

// addTarget gives a command --target.
func addTarget(cmd *cobra.Command, target *string) {
	cmd.Flags().StringVar(target, "target", "", "only the target with this `URL` (default all of the module)")
}
