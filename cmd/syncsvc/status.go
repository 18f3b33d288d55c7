package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/console"
	"github.com/syncsvc/syncsvc/control"
)

func newStatusCommand(a *app) *cobra.Command {
	var l listing
	var quiet bool
	cmd := &cobra.Command{
		Use:   "status [MODULE]",
		Short: "Show what all modules do, or everything about one",
		Long: `Status shows all modules in a table, those first that need a person, with one
line why and one line what to do beneath each of them. With the name of a module
it shows all there is to know: targets, transfers, watches, deaths, problems.

LAG is the age of the oldest change that is not on every target yet, OWED how
many paths are not there yet, LAST SYNC when something was last sent.

It exits with 0 when everything is in sync; a module that was stopped or
disabled on request does not count unless it is asked for by name.
` + wins,
		Example: "  syncsvc status\n  syncsvc status www\n  syncsvc status --watch\n" +
			"  syncsvc status --quiet || mail -s 'mirrors behind' root < /dev/null\n" +
			"  syncsvc status --json | jq '.modules[] | select(.lag_seconds > 60) | .name'",
		Args:              perhapsModule,
		ValidArgsFunction: a.completeModule,
		RunE: func(cmd *cobra.Command, args []string) error {
			ask := a.askOverview
			if len(args) == 1 {
				ask = func(ctx context.Context) (listed, error) { return a.askModule(ctx, args[0]) }
			}
			if quiet {
				shown, err := ask(cmd.Context())
				if err != nil && !errors.Is(err, control.ErrNotRunning) {
					return err
				}
				return silent(errors.Join(err, shown.verdict))
			}
			return a.list(cmd.Context(), l, ask)
		},
	}
	l.addFlags(cmd)
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "print nothing, only exit with the code")
	return cmd
}

// askOverview asks for all modules.
func (a *app) askOverview(ctx context.Context) (listed, error) {
	o, err := a.overview(ctx)
	if err != nil {
		return listed{}, err
	}
	return listed{
		value:   o,
		text:    func(l console.Look) string { return l.Overview(o) },
		verdict: silent(judge(o)),
	}, nil
}

// overview asks the supervisor, or, where there is none, the modules that run
// alone.
func (a *app) overview(ctx context.Context) (control.Overview, error) {
	c, err := a.supervisor()
	if err != nil {
		return control.Overview{}, err
	}
	var o control.Overview
	err = quick(ctx, func(ctx context.Context) error { return c.Get(ctx, "/v1/status", &o) })
	if errors.Is(err, control.ErrNotRunning) {
		if alone := a.alone(ctx); len(alone) > 0 {
			return control.Overview{Modules: alone}, nil
		}
	}
	return o, err
}

// alone returns the modules that answer at their own sockets.
func (a *app) alone(ctx context.Context) []control.Module {
	s, err := a.service()
	if err != nil {
		return nil
	}
	sockets, _ := filepath.Glob(control.Socket(globEscape(s.RunDir), "*")) // the pattern is a good one
	var modules []control.Module
	for _, path := range sockets {
		var st control.Status
		get := func(ctx context.Context) error { return control.Dial(path).Get(ctx, "/v1/status", &st) }
		if quick(ctx, get) == nil && st.Module != "" {
			m := control.Module{Wanted: control.WantedUp}
			m.Take(&st)
			modules = append(modules, m)
		}
	}
	return modules
}

// globEscape makes a folder's name match only itself.
func globEscape(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// askModule asks for one module.
func (a *app) askModule(ctx context.Context, name string) (listed, error) {
	m, err := a.moduleByName(ctx, name)
	if err != nil {
		return listed{}, err
	}
	return listed{
		value:   m,
		text:    func(l console.Look) string { return l.Module(m) },
		verdict: silent(judgeModule(m)),
	}, nil
}

func (a *app) moduleByName(ctx context.Context, name string) (control.Module, error) {
	c, err := a.module(ctx, name)
	if err != nil {
		return control.Module{}, err
	}
	var m control.Module
	if !c.alone {
		err := quick(ctx, func(ctx context.Context) error { return c.get(ctx, "", &m) })
		return m, err
	}
	var st control.Status
	if err := quick(ctx, func(ctx context.Context) error { return c.get(ctx, "/status", &st) }); err != nil {
		return control.Module{}, err
	}
	m.Wanted = control.WantedUp
	m.Take(&st)
	return m, nil
}
