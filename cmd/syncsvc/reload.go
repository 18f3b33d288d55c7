package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/console"
	"github.com/syncsvc/syncsvc/control"
)

func newReloadCommand(a *app) *cobra.Command {
	var l listing
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Read the module files again and apply what changed",
		Long: `Reload reads the module files again, applies what changed and prints what
happened to each module: those that did not change keep running untouched, some
options change in place, others restart that module only. The service's own
settings are read again too; for one that needs a restart of the service it says
so, with its line.

The folder of module files is watched, so that this happens by itself half a
second after the last edit; reload does it now and tells the result. A file with
a problem leaves the module as it was, is shown with its line, and makes the exit
code 6.`,
		Example: "  syncsvc plan && syncsvc reload",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.supervisor()
			if err != nil {
				return err
			}
			var r control.Reload
			if err := c.Post(cmd.Context(), "/v1/reload", nil, &r); err != nil {
				return err
			}
			return a.tellReload(l, r)
		},
	}
	l.addJSON(cmd)
	return cmd
}

func newPlanCommand(a *app) *cobra.Command {
	var l listing
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Print what a reload would do, and do nothing",
		Long: `Plan prints what "syncsvc reload" would do, module by module, and applies nothing.
For changed filter rules it counts how many paths would be sent and how many would
be left as they are on the targets.

Without a running service it checks the files, says what would be started, and
exits with 4. A file with a problem makes the exit code 6.`,
		Example: "  syncsvc plan",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.supervisor()
			if err != nil {
				return err
			}
			var r control.Reload
			err = c.Get(cmd.Context(), "/v1/plan", &r)
			if errors.Is(err, control.ErrNotRunning) {
				return a.planOffline(l, err)
			}
			if err != nil {
				return err
			}
			return a.tellReload(l, r)
		},
	}
	l.addJSON(cmd)
	return cmd
}

// tellReload prints what a reload did or would do.
func (a *app) tellReload(l listing, r control.Reload) error {
	if err := a.show(l, listed{value: r, text: func(l console.Look) string { return l.Reload(r) }}); err != nil {
		return err
	}
	if !l.json && len(r.Problems) > 0 {
		fmt.Fprint(a.err, a.errorLook().Problems(r.Problems))
	}
	return judgeReload(r)
}

// judgeReload says whether every module is now, or would be, as its file says.
func judgeReload(r control.Reload) error {
	if n := len(r.Problems); n > 0 {
		return fmt.Errorf("%w: %d; what runs goes on as it was", errConfig, n)
	}
	var worst error
	for _, m := range r.Modules {
		switch {
		case m.Action == control.KeepOld:
			return silent(errConfig)
		case m.Error != "":
			worst = silent(errBehind)
		}
	}
	return worst
}

// planOffline says what the service would do if it were started, and that it
// is not running.
func (a *app) planOffline(l listing, notRunning error) error {
	s, err := a.service()
	if err != nil {
		return err
	}
	modules, err := s.Modules()
	var r control.Reload
	for _, m := range modules {
		r.Modules = append(r.Modules, control.ModuleReload{
			Module: m.Name, File: m.File, Action: control.AddModule, Why: "once the service runs",
		})
	}
	if err := a.show(l, listed{value: r, text: func(l console.Look) string { return l.Reload(r) }}); err != nil {
		return err
	}
	for _, p := range config.Problems(err) {
		a.remark("%s", p.Text())
	}
	return notRunning
}
