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

func newFailuresCommand(a *app) *cobra.Command {
	var l listing
	var do control.FailuresRequest
	cmd := &cobra.Command{
		Use:   "failures [MODULE]",
		Short: "List paths that could not be sent, why, and when they are tried again",
		Long: `Failures lists the paths that a target does not take, with rsync's own words and
the next try, for one module or all of them. They are tried again by themselves.
It exits with 3 when it lists any.

With --retry they are all tried now. With --clear they are forgotten until they
change again or a full sync finds them. Both exit with 0 when that was done.`,
		Example:           "  syncsvc failures\n  syncsvc failures www --retry\n  syncsvc failures www --clear --path logs/old.log",
		Args:              perhapsModule,
		ValidArgsFunction: a.completeModule,
		RunE: func(cmd *cobra.Command, args []string) error {
			if do.Retry && do.Clear {
				return usage(cmd.CommandPath()+" --retry", "give --retry or --clear, not both")
			}
			if do.Retry || do.Clear {
				return a.treatFailures(cmd.Context(), args, do)
			}
			return a.list(cmd.Context(), l, func(ctx context.Context) (listed, error) {
				return a.askFailures(ctx, args, do)
			})
		},
	}
	cmd.Flags().BoolVar(&do.Retry, "retry", false, "try them again now")
	cmd.Flags().BoolVar(&do.Clear, "clear", false, "forget them until they change again")
	cmd.Flags().StringVar(&do.Path, "path", "", "only this `PATH`, relative to the watch folder or absolute")
	addTarget(cmd, &do.Target)
	l.addFlags(cmd)
	return cmd
}

// named returns the names given, or those of all modules that run.
func (a *app) named(ctx context.Context, given []string) ([]string, error) {
	if len(given) > 0 {
		return given, nil
	}
	o, err := a.overview(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range o.Modules {
		if m.Pid > 0 {
			names = append(names, m.Name)
		}
	}
	return names, nil
}

// askFailures puts the fail lists of modules together.
func (a *app) askFailures(ctx context.Context, given []string, only control.FailuresRequest) (listed, error) {
	names, err := a.named(ctx, given)
	if err != nil {
		return listed{}, err
	}
	all := control.FailuresAnswer{Failures: []control.TargetFailure{}}
	for _, name := range names {
		m, err := a.module(ctx, name)
		if err != nil {
			return listed{}, err
		}
		path, err := m.treePath(ctx, only.Path)
		if err != nil {
			return listed{}, err
		}
		if err := m.mustHave(ctx, only.Target, len(given) > 0); err != nil {
			return listed{}, err
		}
		var one control.FailuresAnswer
		if err := m.get(ctx, "/failures", &one); err != nil {
			return listed{}, err
		}
		for _, f := range one.Failures {
			f.Module = name
			if (only.Target == "" || only.Target == f.Target) && (path == "" || strings.TrimSuffix(path, "/") == string(f.Path)) {
				all.Failures = append(all.Failures, f)
			}
		}
	}
	return listed{value: all, verdict: judgeFailures(all), text: func(l console.Look) string {
		if len(all.Failures) == 0 {
			return "no path fails\n"
		}
		return l.Failures(all.Failures)
	}}, nil
}

// mustHave refuses a target that the module does not have, if it was the one
// asked for: that nothing fails there would be no answer.
func (m *moduleClient) mustHave(ctx context.Context, target string, askedFor bool) error {
	if target == "" || !askedFor {
		return nil
	}
	var st control.Status
	if err := quick(ctx, func(ctx context.Context) error { return m.get(ctx, "/status", &st) }); err != nil {
		return err
	}
	var urls []string
	for _, t := range st.Targets {
		urls = append(urls, t.URL)
	}
	if slices.Contains(urls, target) {
		return nil
	}
	return withHint(fmt.Errorf("module %q has no target %q", m.name, target), "its targets are: "+strings.Join(urls, ", "))
}

// judgeFailures says as "syncsvc status" does that a path that fails is not in
// sync.
func judgeFailures(a control.FailuresAnswer) error {
	if len(a.Failures) > 0 {
		return silent(errBehind)
	}
	return nil
}

// treatFailures retries or forgets what fails.
func (a *app) treatFailures(ctx context.Context, given []string, do control.FailuresRequest) error {
	names, err := a.named(ctx, given)
	if err != nil {
		return err
	}
	for _, name := range names {
		m, err := a.module(ctx, name)
		if err != nil {
			return err
		}
		one := do
		if one.Path, err = m.treePath(ctx, do.Path); err != nil {
			return err
		}
		var answer control.Answer
		if err := m.post(ctx, "/failures", one, &answer); err != nil {
			return fmt.Errorf("failures: %w", err)
		}
		a.say("%s: %s", name, console.Safe(answer.Message))
	}
	return nil
}
