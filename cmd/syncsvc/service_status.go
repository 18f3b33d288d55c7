package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/console"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/service"
	"github.com/syncsvc/syncsvc/service/takeover"
)

func newServiceStatusCommand(a *app, f *serviceFlags) *cobra.Command {
	var l listing
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Tell whether the service runs, and how it is installed",
		Long: `Status asks the service itself whether it runs, and then the init system what it
thinks of it: whether it is installed, from which file, whether it starts at
boot. Where the two disagree, it says so. "syncsvc status" is about modules.

It exits with 4 when the service does not run.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.installed(f)
			if err != nil {
				return err
			}
			return a.list(cmd.Context(), l, func(ctx context.Context) (listed, error) {
				st, err := s.Status(ctx)
				if err != nil {
					return listed{}, err
				}
				return listed{st, func(look console.Look) string { return serviceText(look, st) }, serviceVerdict(st, f)}, nil
			})
		},
	}
	l.addFlags(cmd)
	return cmd
}

// serviceVerdict is what the exit code tells. The table has said the rest.
func serviceVerdict(st service.Status, f *serviceFlags) error {
	if st.Running || f.root != "" && st.Installed {
		return nil
	}
	return silent(control.ErrNotRunning)
}

// serviceText is the status as a table, with what does not fit together below.
func serviceText(look console.Look, st service.Status) string {
	var b strings.Builder
	row := func(name, text string) { fmt.Fprintf(&b, "%-9s%s\n", name, text) }
	row("service", runText(look, st))
	if st.Version != "" {
		row("version", console.Safe(strings.TrimPrefix(st.Version, "syncsvc ")))
	}
	if st.Init != "" {
		row("init", console.Safe(strings.TrimSuffix(string(st.Init)+": "+st.State, ": ")))
		row("file", console.Safe(fileText(st)))
		row("at boot", bootText(st))
	}
	row("socket", console.Safe(st.Socket))
	for _, r := range st.Remarks {
		fmt.Fprintf(&b, "%s\n  %s\n", look.Warn(console.Safe(r.Text)), console.Safe(r.Hint))
	}
	return b.String()
}

func runText(look console.Look, st service.Status) string {
	if !st.Running {
		return look.Bad("not running")
	}
	text := look.Good("running")
	if st.Pid > 0 {
		text += fmt.Sprintf(", pid %d", st.Pid)
	}
	if st.Started != nil {
		text += ", since " + st.Started.Local().Format(time.DateTime)
	}
	return text
}

func fileText(st service.Status) string {
	text := st.File
	switch {
	case !st.Installed && st.Boot == "masked":
		return "none: masked"
	case !st.Installed:
		return "none: not installed"
	case st.Packaged && st.Package != "":
		text += ", of the package " + st.Package
	case st.Packaged:
		text += ", of no package"
	}
	if st.DropIns != "" {
		text += ", changed by " + st.DropIns
	}
	return text
}

func bootText(st service.Status) string {
	switch {
	case st.Enabled:
		return "started"
	case st.Boot != "":
		return "not started: " + st.Boot
	}
	return "not started"
}

// remarkProgram warns when the program that the service runs is not there, or
// not where it will stay.
func (a *app) remarkProgram(s *service.Service) {
	if _, err := os.Stat(s.Root + s.Program); err != nil {
		a.remark("warning: the service runs %s, which is not there yet", s.Root+s.Program)
		fmt.Fprintf(a.err, "hint: copy this program there, or give another one with --program\n")
		return
	}
	for _, dir := range []string{"/tmp/", "/var/tmp/", "/home/", "/root/"} {
		if s.Root == "" && strings.HasPrefix(s.Program, dir) {
			a.remark("warning: the service runs %s, which may not stay there", s.Program)
			fmt.Fprintf(a.err, "hint: copy it to /usr/local/bin and run \"/usr/local/bin/syncsvc service install --force\"\n")
			return
		}
	}
}

// remarkOthers warns when something else mirrors on this machine, or will
// after a reboot.
func (a *app) remarkOthers(f *serviceFlags) {
	if r, err := takeover.Find(f.root); err == nil && len(r.Files)+len(r.Elsewhere) > 0 {
		a.remark("warning: something else that mirrors is started at boot")
		fmt.Fprintln(a.err, "hint: syncsvc service takeover --dry-run")
	}
	if f.root == "" {
		a.remarkRunning()
	}
}
