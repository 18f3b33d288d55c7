package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/instance"
	"github.com/syncsvc/syncsvc/logbook"
)

func newInstanceCommand(a *app) *cobra.Command {
	var file, name string
	var budget []string
	cmd := &cobra.Command{
		Use:    "instance --module FILE",
		Hidden: true, // "syncsvc run" is what people want
		Short:  "Run one module alone, in the foreground",
		Long: `Instance runs the one module of FILE until SIGTERM or SIGINT. "syncsvc run" starts
one for each module; by hand it is for trying a module out.`,
		Example: "  syncsvc instance --module ./www.yaml --state-dir ./state --run-dir ./run --log-dir ./log",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runInstance(cmd.Context(), file, name, budget) },
	}
	cmd.Flags().StringVar(&file, "module", "", "the module's `FILE`")
	cmd.Flags().StringVar(&name, "name", "", "run the module called `NAME` of a file with several; the first by default")
	cmd.Flags().StringSliceVar(&budget, "budget", nil, "`WHAT` the supervisor has to be asked for: rsync, full-sync, with =N when N are allowed")
	_ = cmd.Flags().MarkHidden("budget") // the supervisor's business
	return cmd
}

func (a *app) runInstance(ctx context.Context, file, name string, budget []string) error {
	if file == "" {
		return usage("syncsvc instance --module /etc/syncsvc/conf.d/www.yaml", "which module? --module is missing")
	}
	s, err := a.service()
	if err != nil {
		return err
	}
	m, err := config.LoadNamed(file, name)
	if err != nil {
		return err
	}
	if err := config.Join(fatal(config.CheckSystem(m))); err != nil {
		return err
	}
	link, err := control.LinkFromEnv()
	if err != nil {
		return err
	}
	kinds, err := parseBudget(budget)
	if err != nil {
		return err
	}
	// A supervisor that died has left a broken pipe for the log; writing to it
	// must not end this process before it ends itself.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	level := new(slog.LevelVar)
	level.Set(s.LogLevel)
	log := slog.New(logbook.NewHandler(a.err, logbook.FormatFor(s.LogFormat, a.err), level))
	err = instance.Run(ctx, instance.Options{
		Module: m, StateDir: s.StateDir, RunDir: s.RunDir, LogDir: s.LogDir,
		Drain: s.DrainTimeout, Log: log.With("module", m.Name), Level: level,
		Link: link, Budget: kinds,
	})
	if errors.Is(err, instance.ErrTwin) {
		return withHint(err, "see which with: fuser "+s.StateDir+"/"+m.Name+"/lock")
	}
	return err
}

// parseBudget reads "rsync=8" or "full-sync".
func parseBudget(words []string) (map[control.PermitKind]int, error) {
	kinds := make(map[control.PermitKind]int)
	for _, w := range words {
		name, number, _ := strings.Cut(w, "=")
		kind := control.PermitKind(name)
		n, err := strconv.Atoi(cmp.Or(number, "0"))
		if err != nil || n < 0 || kind != control.PermitRsync && kind != control.PermitFullSync {
			return nil, usage("--budget rsync=8,full-sync=1", "--budget: %q is not understood", w)
		}
		kinds[kind] = n
	}
	return kinds, nil
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
