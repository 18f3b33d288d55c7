package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/templates"
)

func newConfigCommand(a *app) *cobra.Command {
	group := newGroup("config", "Check configuration files, print examples", "")
	group.AddCommand(
		newConfigCheckCommand(a),
		newConfigExampleCommand(a),
	)
	return group
}

func newConfigCheckCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE|DIR]...",
		Short: "Check module files and what they name on this machine",
		Long: `Check reads module files, or all module files of folders, and prints every
problem with its file and line. It also looks whether watched folders, password
files with their modes, keys and programs are there. Without arguments it checks
the service's own settings and all its modules.

It exits with 6 when there is a problem; warnings do not count.`,
		Example: "  syncsvc config check\n  syncsvc config check www.yaml",
		RunE: func(_ *cobra.Command, args []string) error {
			return a.check(args)
		},
	}
}

// check reads the modules that args name, else all of the service, and says
// what is wrong with them.
func (a *app) check(args []string) error {
	modules, err := a.load(args)
	problems := append(config.Problems(err), a.checkSettings(args)...)
	for _, m := range modules {
		problems = append(problems, config.CheckSystem(m)...)
	}
	a.warnings(modules)
	if err := config.Join(problems); err != nil {
		return err
	}
	a.say("%s, no problem", plural(len(modules), "module"))
	return nil
}

// checkSettings looks whether what the service's settings name is there, when
// they are what is checked. What is wrong with them in themselves, load says.
func (a *app) checkSettings(args []string) []config.Problem {
	if len(args) > 0 {
		return nil
	}
	s, err := a.service()
	if err != nil {
		return nil
	}
	return s.CheckSystem()
}

func (a *app) load(args []string) ([]*config.Module, error) {
	if len(args) == 0 {
		s, err := a.service()
		if err != nil {
			return nil, err
		}
		return s.Modules()
	}
	var modules []*config.Module
	var problems []config.Problem
	for _, path := range args {
		more, err := loadPath(path)
		modules = append(modules, more...)
		problems = append(problems, config.Problems(err)...)
	}
	return modules, config.Join(problems)
}

// loadPath reads one module file, or a folder of them.
func loadPath(path string) ([]*config.Module, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return config.LoadDir(path)
	}
	return config.LoadFile(path)
}

func newConfigExampleCommand(a *app) *cobra.Command {
	var service, rsyncd bool
	cmd := &cobra.Command{
		Use:     "example",
		Short:   "Print a module file with every key explained",
		Example: "  syncsvc config example > /etc/syncsvc/conf.d/www.yaml",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			switch {
			case service && rsyncd:
				return usage("give one of the two", "--service and --rsyncd are different files")
			case service:
				return a.print("syncsvc.yaml", nil)
			case rsyncd:
				return a.print("rsyncd.conf", templates.Rsyncd{Modules: []templates.RsyncdModule{
					{Name: "www", Path: "/srv/www", User: "rsync_backup"},
				}})
			}
			return a.print("module.yaml", nil)
		},
	}
	cmd.Flags().BoolVar(&service, "service", false, "print the settings of the service, syncsvc.yaml, instead")
	cmd.Flags().BoolVar(&rsyncd, "rsyncd", false, "print rsyncd.conf, for the hosts that receive, instead")
	return cmd
}

// print writes one of the embedded texts.
func (a *app) print(name string, data any) error {
	text, err := templates.Render(name, data)
	if err != nil {
		return err
	}
	if _, err := a.out.Write(text); err != nil {
		return fmt.Errorf("print %s: %w", name, err)
	}
	return nil
}
