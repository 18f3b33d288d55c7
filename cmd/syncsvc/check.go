package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/doctor"
)

func newCheckCommand(a *app) *cobra.Command {
	var verbose bool
	var l listing
	cmd := &cobra.Command{
		Use:   "check [MODULE]...",
		Short: "Find out whether modules can work here and towards their targets",
		Long: `Check examines this machine, modules (all, or those named) and their targets: the
kernel's limits, rsync on both sides, whether the source is readable and how it
will be watched, rules that match nothing, modules that get in each other's way,
and whether each target is reachable, lets us in and can be written to. It says
what is wrong, where, and what to do. The service need not run.

A probe file of a name that nobody can guess (.syncsvc-probe-...) is written to each
target and removed again; nothing else is touched there. What cannot be found out
is shown as "unknown". "syncsvc config check" reads only the files.

Exit codes: 0 when nothing is bad (warnings and unknowns do not count), 1 when
something is, 6 when a module file has problems.`,
		Example:           "  syncsvc check\n  syncsvc check www --verbose\n  syncsvc check --json",
		ValidArgsFunction: a.completeModules,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.service()
			if err != nil {
				return err
			}
			chosen, others, broken, err := choose(s, args)
			if err != nil {
				return err
			}
			o := doctor.Options{Modules: chosen, Others: others}
			view := a.newFindings(a.out, verbose)
			if !l.json {
				o.Found = view.add
			}
			found := doctor.Check(cmd.Context(), o)
			if l.json {
				return a.checkedJSON(found, broken)
			}
			view.end()
			return checked(cmd, found, broken)
		},
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "say of everything that is well how it is")
	l.addJSON(cmd)
	return cmd
}

// checked is what the exit code tells.
func checked(cmd *cobra.Command, found []doctor.Finding, broken []config.Problem) error {
	switch {
	case cmd.Context().Err() != nil:
		return errors.New("interrupted; what is missing was not looked at")
	case len(broken) > 0:
		return config.Join(broken)
	case doctor.Worst(found) == doctor.Bad:
		return silent(errFailed)
	}
	return nil
}

// checkedJSON prints problems of files as findings too.
func (a *app) checkedJSON(found []doctor.Finding, broken []config.Problem) error {
	for _, p := range broken {
		found = append(found, doctor.Finding{What: "configuration", Level: doctor.Bad, Message: p.Error(), Hint: p.Hint})
	}
	if err := a.printJSON(found, true); err != nil {
		return err
	}
	switch {
	case len(broken) > 0:
		return silent(errConfig)
	case doctor.Worst(found) == doctor.Bad:
		return silent(errFailed)
	}
	return nil
}

// choose reads all modules and returns those that are meant, the others, and
// the problems of the files that are meant.
func choose(s *config.Service, names []string) (chosen, others []*config.Module, broken []config.Problem, err error) {
	all, err := s.Modules()
	problems := config.Problems(err)
	if len(names) == 0 {
		return all, nil, problems, nil
	}
	there := config.Names(s.ConfDir)
	for _, name := range names {
		if !slices.Contains(there, name) {
			return nil, nil, nil, noModule(s, name)
		}
	}
	for _, m := range all {
		if slices.Contains(names, m.Name) {
			chosen = append(chosen, m)
		} else {
			others = append(others, m)
		}
	}
	for _, p := range problems {
		if slices.ContainsFunc(names, func(name string) bool { return slices.Contains(config.Files(s.ConfDir, name), p.File) }) {
			broken = append(broken, p)
		}
	}
	return chosen, others, broken, nil
}

// noModule says that there is no module of a name, and which was perhaps
// meant.
func noModule(s *config.Service, name string) error {
	names := config.Names(s.ConfDir)
	hint := "there is none in " + s.ConfDir
	if near := config.Closest(name, names); near != "" {
		hint = "did you mean " + near + "?"
	} else if len(names) > 0 {
		hint = "modules are: " + strings.Join(names, ", ")
	}
	return withHint(fmt.Errorf("there is no module %q", name), hint)
}
