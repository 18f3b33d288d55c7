package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/syncsvc/syncsvc/service"
)

// defaultService is what the service is called where there is only one.
const defaultService = "syncsvc"

// serviceFlags are what the commands beneath "syncsvc service" are told.
type serviceFlags struct {
	name, init, root, program string
	force                     bool
}

func newServiceCommand(a *app) *cobra.Command {
	var f serviceFlags
	group := newGroup("service", "Put syncsvc under the init system, start and stop it there",
		`Service is for the machine: it makes systemd, OpenRC, sysvinit or upstart start
"syncsvc run" at boot. Where a package has brought a unit or an init script,
that one is used and nothing is written.

With --root DIR, install, uninstall, status and takeover work on another system
that does not run, an image or a mounted disk: they write files and links, and
call no init system.`)
	group.PersistentFlags().StringVar(&f.name, "name", defaultService, "the service's `NAME`, for several on one machine")
	group.PersistentFlags().StringVar(&f.init, "init", "", "for init system `NAME`: systemd, openrc, sysv, upstart (default: found)")
	group.PersistentFlags().StringVar(&f.root, "root", "", "work on the system in the folder `DIR`, which does not run")
	_ = group.RegisterFlagCompletionFunc("init", completeInit) // fails for a flag that is not there
	group.AddCommand(
		newServiceInstallCommand(a, &f),
		newServiceUninstallCommand(a, &f),
		newServicePowerCommand(a, &f, "start", "Start the installed service and wait until it answers", (*service.Service).Start),
		newServicePowerCommand(a, &f, "stop", "Stop the service; it stays installed", (*service.Service).Stop),
		newServicePowerCommand(a, &f, "restart", "Stop the service and start it again", (*service.Service).Restart),
		newServiceStatusCommand(a, &f),
		newServicePrintCommand(a, &f),
		newServiceTakeoverCommand(a, &f),
	)
	return group
}

func completeInit(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, kind := range service.Kinds() {
		names = append(names, string(kind))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func newServiceInstallCommand(a *app, f *serviceFlags) *cobra.Command {
	var print bool
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Start syncsvc now and at every boot",
		Long: `Install writes a unit or an init script, has it started at every boot, starts it
and returns when it answers. What is given by --conf-dir and so on, or by SYNCSVC_
variables, becomes part of it; other settings belong in syncsvc.yaml.

If a package has brought a unit or a script, install enables that one and writes
none. It replaces nothing that is there already and says something else, unless
--force is given.`,
		Example: "  syncsvc service install\n  syncsvc service install --print\n  syncsvc service install --root /mnt/image --init systemd",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.installed(f)
			if err != nil {
				return err
			}
			if print {
				return a.printText(s)
			}
			if err := a.ownFolders(f); err != nil {
				return err
			}
			if err := s.Install(cmd.Context()); err != nil {
				return err
			}
			a.remarkProgram(s)
			a.remarkOthers(f)
			return nil
		},
	}
	cmd.Flags().BoolVar(&print, "print", false, "print what would be written, and do nothing")
	cmd.Flags().BoolVar(&f.force, "force", false, "repair or replace what is in the way")
	addProgramFlag(cmd.Flags(), f)
	return cmd
}

// ownFolders is the error for a second service that would share the folders of
// the first, or nil.
func (a *app) ownFolders(f *serviceFlags) error {
	if f.name == defaultService {
		return nil
	}
	for _, name := range []string{"run-dir", "state-dir"} {
		if !a.flags.Lookup(name).Changed {
			return usage("give it --conf-dir, --state-dir, --run-dir and --log-dir", "the service %q needs folders of its own: --%s is missing", f.name, name)
		}
	}
	return nil
}

func addProgramFlag(flags *pflag.FlagSet, f *serviceFlags) {
	flags.StringVar(&f.program, "program", "", "the service runs the program `FILE` (default: this one)")
}

func newServiceUninstallCommand(a *app, f *serviceFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "uninstall",
		Short: "Stop syncsvc and take it out of the init system",
		Long: `Uninstall stops the service and removes what install wrote, and every link to
it. Settings, state and logs stay. The unit or script of a package is disabled
only; removing it is the package manager's business.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.installed(f)
			if err != nil {
				return err
			}
			return s.Uninstall(cmd.Context())
		},
	}
}

// newServicePowerCommand is for the commands that only press a button.
func newServicePowerCommand(a *app, f *serviceFlags, use, short string, press func(*service.Service, context.Context) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.installed(f)
			if err != nil {
				return err
			}
			return press(s, cmd.Context())
		},
	}
}

func newServicePrintCommand(a *app, f *serviceFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "print",
		Short:   "Print the unit or the init script",
		Example: "  syncsvc service print\n  syncsvc service print --init openrc --program /usr/bin/syncsvc",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			s, err := a.installed(f)
			if err != nil {
				return err
			}
			return a.printText(s)
		},
	}
	addProgramFlag(cmd.Flags(), f)
	return cmd
}

func (a *app) printText(s *service.Service) error {
	text, err := s.Text()
	if err != nil {
		return err
	}
	if _, err := a.out.Write(text); err != nil {
		return fmt.Errorf("print the text: %w", err)
	}
	return nil
}
