package main

import (
	"context"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/console"
	"github.com/syncsvc/syncsvc/control"
)

func newWhyCommand(a *app) *cobra.Command {
	var l listing
	cmd := &cobra.Command{
		Use:   "why MODULE PATH",
		Short: "Tell whether a path is mirrored, which rule decides, when it was last sent",
		Long: `Why tells of one path whether it belongs to the mirror and which rule decides
that, with the file and line of the rule; and of each target whether the path is
still owed, is held, fails, and when it was last sent.

PATH is relative to the watch folder, or absolute. It need not exist.`,
		Example: "  syncsvc why www logs/access.log\n  syncsvc why www /srv/www/logs/access.log",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 && args[1] != "" {
				return nil
			}
			return usage(cmd.CommandPath()+" www logs/access.log", "%q needs a module and a path", cmd.CommandPath())
		},
		ValidArgsFunction: func(cmd *cobra.Command, given []string, begun string) ([]string, cobra.ShellCompDirective) {
			if len(given) == 1 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return a.completeModule(cmd, given, begun)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := a.module(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			path, err := m.treePath(cmd.Context(), args[1])
			if err != nil {
				return err
			}
			return a.list(cmd.Context(), l, func(ctx context.Context) (listed, error) { return m.askWhy(ctx, path) })
		},
	}
	l.addFlags(cmd)
	return cmd
}

// askWhy asks about one path.
func (m *moduleClient) askWhy(ctx context.Context, path string) (listed, error) {
	var answer control.WhyAnswer
	err := m.get(ctx, "/why?path="+url.QueryEscape(path), &answer)
	return listed{value: answer, text: func(l console.Look) string { return l.Why(answer) }}, err
}
