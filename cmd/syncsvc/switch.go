package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/console"
	"github.com/syncsvc/syncsvc/control"
)

// switchVerb is a command that changes what is wanted of modules.
type switchVerb struct {
	name, short, long string
}

func switchVerbs() []switchVerb {
	return []switchVerb{
		{"pause", "Collect changes, but send nothing", `Pause lets a module collect changes and send nothing until "syncsvc resume",
also after a restart. Transfers under way go on to their end.`},
		{"resume", "Send again what pause held back", `Resume sends what was collected since "syncsvc pause", and goes on as before.`},
		{"start", "Start modules that were stopped", `Start starts modules that "syncsvc stop" stopped, and at once those that wait
to be started again after they died.`},
		{"stop", "Stop modules until start, or a restart of the service", `Stop ends the process of a module: transfers under way may go on until the drain
timeout. It is started again by "syncsvc start", or when the service is. What
changes meanwhile is found then. To stop a module for good use "syncsvc disable".`},
		{"restart", "Stop modules and start them again", `Restart stops a module and starts it again. It continues where it was, without a
full sync.`},
		{"enable", "Let modules run that were disabled", `Enable lets modules run that "syncsvc disable" stopped. Where the module's file
says "enabled: false" it tells where, for then the file has to be changed.`},
		{"disable", "Stop modules, also after a restart of the service", `Disable stops modules and keeps them from being started, also after a restart of
the service, until "syncsvc enable". Their files stay as they are.`},
	}
}

func newSwitchCommands(a *app) []*cobra.Command {
	var all []*cobra.Command
	for _, v := range switchVerbs() {
		all = append(all, newSwitchCommand(a, v))
	}
	return all
}

func newSwitchCommand(a *app, v switchVerb) *cobra.Command {
	var l listing
	var everything, noWait bool
	cmd := &cobra.Command{
		Use:   v.name + " MODULE... | --all",
		Short: v.short,
		Long: v.long + `

When it can be done for some of the modules only, the code is 3.`,
		Example:           fmt.Sprintf("  syncsvc %[1]s www\n  syncsvc %[1]s www bbs\n  syncsvc %[1]s --all", v.name),
		ValidArgsFunction: a.completeModules,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0 && !everything:
				return usage(cmd.CommandPath()+" www", "%q needs names of modules, or --all", cmd.CommandPath())
			case len(args) > 0 && everything:
				return usage(cmd.CommandPath()+" --all", "give names of modules or --all, not both")
			}
			req := control.ModulesRequest{Modules: args, All: everything, Wait: !noWait}
			answers, err := a.switchModules(cmd.Context(), v.name, req)
			if err != nil {
				return err
			}
			return a.tellSwitched(l, answers)
		},
	}
	cmd.Flags().BoolVar(&everything, "all", false, "all modules")
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "return before it is done")
	l.addJSON(cmd)
	return cmd
}

// switchModules asks the supervisor. A module that runs without one can be
// paused all the same.
func (a *app) switchModules(ctx context.Context, verb string, req control.ModulesRequest) ([]control.ModuleAnswer, error) {
	c, err := a.supervisor()
	if err != nil {
		return nil, err
	}
	var answers []control.ModuleAnswer
	err = c.Post(ctx, "/v1/"+verb, req, &answers)
	if errors.Is(err, control.ErrNotRunning) && (verb == "pause" || verb == "resume") && !req.All {
		return a.switchAlone(ctx, verb, req.Modules, err)
	}
	if errors.Is(err, control.ErrNotRunning) && (verb == "enable" || verb == "disable") {
		err = withHint(err, `start it, or write "enabled: true" or "enabled: false" into the module's file`)
	}
	return answers, err
}

func (a *app) switchAlone(ctx context.Context, verb string, names []string, otherwise error) ([]control.ModuleAnswer, error) {
	var answers []control.ModuleAnswer
	for _, name := range names {
		m, err := a.module(ctx, name)
		if err != nil {
			return nil, err
		}
		var done control.Answer
		err = m.post(ctx, "/"+verb, control.TargetRequest{}, &done)
		if errors.Is(err, control.ErrNotRunning) {
			return nil, otherwise
		}
		answer := control.ModuleAnswer{Module: name, Message: done.Message}
		if err != nil {
			answer.Error, answer.Hint = err.Error(), hintOf(err)
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

// tellSwitched prints what became of each module.
func (a *app) tellSwitched(l listing, answers []control.ModuleAnswer) error {
	if l.json {
		if answers == nil {
			answers = []control.ModuleAnswer{}
		}
		if err := a.printJSON(answers, true); err != nil {
			return err
		}
	}
	failed := 0
	for _, m := range answers {
		switch {
		case m.Error != "":
			failed++
			report(a.err, withHint(fmt.Errorf("%s: %s", console.Safe(m.Module), console.Safe(m.Error)), console.Safe(m.Hint)))
		case !l.json:
			a.say("%s: %s", console.Safe(m.Module), console.Safe(m.Message))
		}
	}
	switch {
	case failed == 0:
		return nil
	case failed < len(answers):
		return silent(errBehind)
	}
	return silent(errFailed)
}
