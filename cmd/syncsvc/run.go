package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/supervisor"
)

func newRunCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run the service: every module, each in a process of its own",
		Long: `Run loads every module file and starts one process a module, restarts one that
dies (after 1 second, doubling to 60), and stops all of them in good order on
SIGTERM or SIGINT: transfers under way may go on until the drain timeout.

A module file with a problem is reported with its place and left out; the others
run. No module at all is fine.`,
		Example: "  syncsvc run\n  syncsvc run --conf-dir ./conf.d --state-dir ./state --run-dir ./run --log-dir ./log",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runService(cmd.Context()) },
	}
}

func (a *app) runService(ctx context.Context) error {
	s, err := a.service()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	modules, err := s.Modules()
	a.reportModules(err)
	a.warnings(modules)
	o := supervisor.Options{
		Modules: modules, Program: self, Args: instanceFlags(s),
		StateDir: s.StateDir, Drain: s.DrainTimeout, Output: a.err, Log: a.logger(s),
	}
	return supervisor.Run(ctx, o)
}

// reportModules says what is wrong with module files that are left out.
func (a *app) reportModules(err error) {
	for _, p := range config.Problems(err) {
		a.remark("module left out: %s", p.Text())
	}
}

// instanceFlags passes the settings on, so that a child has the same whatever
// its environment.
func instanceFlags(s *config.Service) []string {
	return []string{
		"--conf-dir", s.ConfDir, "--state-dir", s.StateDir, "--run-dir", s.RunDir, "--log-dir", s.LogDir,
		"--drain-timeout", s.DrainTimeout.String(), "--log-level", strings.ToLower(s.LogLevel.String()), "--log-format", s.LogFormat,
	}
}
