package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/control"
)

func newApproveCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "approve MODULE [TARGET]",
		Short: "Let held deletions go",
		Long: `Approve lets the deletions go that wait because they were more than max_delete
allows, at all targets of a module or at one. As many as were counted may be
made, and not more: if it has become more since, they are held again.

It also accepts a watch folder that is on another file system than before, as
after a move to a new disk; deletions after that are held once more.`,
		Example: "  syncsvc approve www\n  syncsvc approve www rsync://backup@10.0.0.8/www",
		Args:    approveArguments,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.service()
			if err != nil {
				return err
			}
			var req control.TargetRequest
			if len(args) == 2 {
				req.Target = args[1]
			}
			var answer control.Answer
			c := control.Dial(control.Socket(s.RunDir, args[0]))
			if err := c.Post(cmd.Context(), "/v1/approve", req, &answer); err != nil {
				return fmt.Errorf("module %q: %w", args[0], err)
			}
			a.say("%s: %s", args[0], answer.Message)
			return nil
		},
	}
}

func approveArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 1 || len(args) == 2 {
		return nil
	}
	return usage(cmd.CommandPath()+" www", "%q takes a module, and perhaps a target", cmd.CommandPath())
}
