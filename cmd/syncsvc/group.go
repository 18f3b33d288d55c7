package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/syncsvc/syncsvc/config"
)

// newGroup returns a command that only has others beneath it. Alone it prints
// its help.
func newGroup(use, short, long string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
}

// unknownCommand says that there is no such command, and which was perhaps
// meant.
func unknownCommand(cmd *cobra.Command, word string) error {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	hint := fmt.Sprintf("%s --help", cmd.CommandPath())
	if near := config.Closest(word, names); near != "" {
		hint = fmt.Sprintf("%s %s", cmd.CommandPath(), near)
	}
	return usage(hint, "unknown command %q for %q", word, cmd.CommandPath())
}

// flagError turns what pflag complains about into a usage error.
func flagError(cmd *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	if words := cmd.Flags().Args(); cmd.HasSubCommands() && len(words) > 0 {
		return unknownCommand(cmd, words[0])
	}
	hint := fmt.Sprintf("%s --help", cmd.CommandPath())
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := config.Closest(unknown.GetSpecifiedName(), names); near != "" {
			hint = "did you mean --" + near + "?"
		}
	}
	message, _, _ := strings.Cut(err.Error(), ": strconv.") // what it says then is for programmers
	return &usageError{message, hint}
}
