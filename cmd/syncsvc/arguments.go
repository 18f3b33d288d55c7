package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// noArguments is for commands that take flags only.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage(cmd.CommandPath(), "%q takes no arguments, but got %q", cmd.CommandPath(), strings.Join(args, " "))
}

// oneModule is for commands about a module.
func oneModule(cmd *cobra.Command, args []string) error {
	switch len(args) {
	case 1:
		return nil
	case 0:
		return usage(cmd.CommandPath()+" www", "%q needs the name of a module", cmd.CommandPath())
	}
	return usage(cmd.CommandPath()+" "+args[0], "%q takes one module, but got %q", cmd.CommandPath(), strings.Join(args, " "))
}

// perhapsModule is for commands about a module or all of them.
func perhapsModule(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return oneModule(cmd, args)
}
