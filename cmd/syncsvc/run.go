package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/child"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/logbook"
	"github.com/syncsvc/syncsvc/supervisor"
)

func newRunCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run the service: every module, each in a process of its own",
		Long: `Run loads every module file and starts one process a module, restarts one that
dies (after 1 second, doubling to 60), and stops all of them in good order on
SIGTERM or SIGINT: transfers under way may go on until the drain timeout.

It follows the module files: what is saved, added or removed takes effect within
a second, as with "syncsvc reload" or SIGHUP. A module file with a problem is
reported with its place; a module that runs goes on as it was, and the others are
not touched. No file and no module at all is fine.`,
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
	missing := s.CheckSystem()
	if err := config.Join(fatal(missing)); err != nil {
		return err
	}
	for _, p := range missing {
		a.remark("warning: %s", p.Error())
	}
	return a.supervise(ctx, supervision{
		settings: s, reread: a.service, settingsFile: cmp.Or(a.configFile, config.DefaultFile), logTo: a.err,
	})
}

// supervision is what to run: see [supervisor.Options].
type supervision struct {
	settings     *config.Service
	reread       func() (*config.Service, error)
	settingsFile string
	madeFrom     string
	logTo        io.Writer
}

// supervise runs all modules until ctx ends.
func (a *app) supervise(ctx context.Context, o supervision) error {
	s := o.settings
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	level := new(slog.LevelVar)
	level.Set(s.LogLevel)
	book, err := openBook(s, level, o.logTo)
	if err != nil {
		return twinHint(err, s)
	}
	reload, stop := a.reloads(ctx, book)
	defer stop()
	err = supervisor.Run(ctx, supervisor.Options{
		Settings: s, Reread: o.reread, SettingsFile: o.settingsFile, MadeFrom: o.madeFrom, Reload: reload,
		Program: self, Args: instanceFlags, Version: versionText(),
		Book: book, Log: slog.New(book.Handler()), Level: level.Set,
	})
	return errors.Join(twinHint(err, s), book.Close())
}

// openBook opens the log of the service and of its modules.
func openBook(s *config.Service, level slog.Leveler, out io.Writer) (*logbook.Book, error) {
	o := logbook.Options{Out: out, Format: logbook.FormatFor(s.LogFormat, out), Level: level}
	if s.LogFiles.On {
		o.Files = &logbook.Files{Dir: s.LogDir, Size: s.LogFiles.Size, Keep: s.LogFiles.Keep}
	}
	return logbook.Open(o)
}

// reloads has a value after each SIGHUP. Log files are opened anew then too:
// whoever rotates them sends the same signal.
func (a *app) reloads(ctx context.Context, book *logbook.Book) (reload <-chan os.Signal, stop func()) {
	hangup := make(chan os.Signal, 1) // several before the first is served are one
	signal.Notify(hangup, syscall.SIGHUP)
	out := make(chan os.Signal) // 0: handed over
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-ctx.Done():
				return
			case sig := <-hangup:
				book.Reopen()
				select {
				case out <- sig:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return out, func() { signal.Stop(hangup); cancel(); <-ended }
}

// twinHint adds a way out when another service uses the same folders.
func twinHint(err error, s *config.Service) error {
	if errors.Is(err, child.ErrTwin) || errors.Is(err, logbook.ErrTwin) {
		return withHint(err, fmt.Sprintf("see it with \"syncsvc status --run-dir %s\"; a second one needs --state-dir, --run-dir and --log-dir of its own", s.RunDir))
	}
	return err
}

// instanceFlags passes the settings on, so that a child has the same whatever
// its environment. It logs for the supervisor, which makes text of it.
func instanceFlags(s *config.Service) []string {
	return []string{
		"--conf-dir", s.ConfDir, "--state-dir", s.StateDir, "--run-dir", s.RunDir, "--log-dir", s.LogDir,
		"--drain-timeout", s.DrainTimeout.String(), "--log-level", strings.ToLower(s.LogLevel.String()), "--log-format", config.LogJSON,
	}
}
