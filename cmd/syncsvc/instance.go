package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/instance"
)

func newInstanceCommand(a *app) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "instance --module FILE",
		Short: "Run one module alone, in the foreground",
		Long: `Instance runs the one module of FILE until SIGTERM or SIGINT. "syncsvc run" starts
one for each module; by hand it is for trying a module out.`,
		Example: "  syncsvc instance --module ./www.yaml --state-dir ./state --run-dir ./run --log-dir ./log",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runInstance(cmd.Context(), file) },
	}
	cmd.Flags().StringVar(&file, "module", "", "the module's `FILE`")
	return cmd
}

func (a *app) runInstance(ctx context.Context, file string) error {
	if file == "" {
		return usage("syncsvc instance --module /etc/syncsvc/conf.d/www.yaml", "which module? --module is missing")
	}
	s, err := a.service()
	if err != nil {
		return err
	}
	m, err := config.LoadModule(file)
	if err != nil {
		return err
	}
	if err := config.Join(fatal(config.CheckSystem(m))); err != nil {
		return err
	}
	err = instance.Run(ctx, instance.Options{
		Module: m, StateDir: s.StateDir, RunDir: s.RunDir, LogDir: s.LogDir,
		Drain: s.DrainTimeout, Log: a.logger(s).With("module", m.Name),
	})
	if errors.Is(err, instance.ErrTwin) {
		return withHint(err, "see which with: fuser "+s.StateDir+"/"+m.Name+"/lock")
	}
	return err
}

// fatal returns the problems that do not go away by waiting.
func fatal(problems []config.Problem) []config.Problem {
	var out []config.Problem
	for _, p := range problems {
		if !p.CanWait {
			out = append(out, p)
		}
	}
	return out
}

// logger writes to standard error, where the service manager expects it.
func (a *app) logger(s *config.Service) *slog.Logger {
	o := &slog.HandlerOptions{Level: s.LogLevel}
	if s.LogFormat == config.LogJSON {
		return slog.New(slog.NewJSONHandler(a.err, o))
	}
	return slog.New(slog.NewTextHandler(a.err, o))
}
