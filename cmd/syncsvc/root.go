package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/syncsvc/syncsvc/config"
)

// app is what all commands have in common: where to write, and the settings
// given on the command line.
type app struct {
	stdio
	configFile string
	flags      *pflag.FlagSet // of the root command; known to every command
}

// newRootCommand returns the program's command with all others beneath it.
func newRootCommand(a *app) *cobra.Command {
	root := newGroup("syncsvc", "Keep folders mirrored on other hosts", longHelp)
	root.Version = versionText()
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().Bool("version", false, "print the version") // without cobra's -v
	root.SilenceErrors = true                                // run reports them
	root.SilenceUsage = true
	root.SetFlagErrorFunc(flagError)
	a.addFlags(root)
	root.AddCommand(
		newRunCommand(a),
		newInstanceCommand(a),
		newApproveCommand(a),
		newConfigCommand(a),
		newDemoCommand(a),
		newVersionCommand(a),
	)
	return root
}

const longHelp = `syncsvc keeps folders mirrored on other hosts within milliseconds. Each file in
/etc/syncsvc/conf.d describes one folder and its targets; "syncsvc config
example" prints one to start from. Stock rsync does the transfers.

` + exitCodes

// settingFlags are the flags that set what syncsvc.yaml sets too; their names
// are the keys with dashes.
func settingFlags() []struct{ key, usage string } {
	return []struct{ key, usage string }{
		{"conf_dir", "module files are in `DIR` (default /etc/syncsvc/conf.d)"},
		{"state_dir", "what has to survive a restart is in `DIR` (default /var/lib/syncsvc)"},
		{"run_dir", "sockets and locks are in `DIR` (default /run/syncsvc)"},
		{"log_dir", "lists of what could not be sent are in `DIR` (default /var/log/syncsvc)"},
		{"drain_timeout", "a stop waits for transfers for `TIME` (default 10s)"},
		{"log_level", "log from `LEVEL` on: debug, info, warn, error (default info)"},
		{"log_format", "log in `FORMAT`, text or json (default text)"},
	}
}

func flagName(key string) string { return strings.ReplaceAll(key, "_", "-") }

// addFlags adds the flags that every command knows, before or after its name.
func (a *app) addFlags(root *cobra.Command) {
	a.flags = root.PersistentFlags()
	a.flags.StringVar(&a.configFile, "config", "", "settings of the service are in `FILE` (default "+config.DefaultFile+" if there is one)")
	for _, f := range settingFlags() {
		a.flags.String(flagName(f.key), "", f.usage)
	}
}

// service returns the settings of the service: flags, environment, file and
// defaults together.
func (a *app) service() (*config.Service, error) {
	given := map[string]string{}
	for _, f := range settingFlags() {
		flag := a.flags.Lookup(flagName(f.key))
		if !flag.Changed {
			continue
		}
		value := flag.Value.String()
		if strings.HasSuffix(f.key, "_dir") && value != "" {
			abs, err := filepath.Abs(value)
			if err != nil {
				return nil, fmt.Errorf("--%s: %w", flag.Name, err)
			}
			value = abs
		}
		given[f.key] = value
	}
	if flag := a.flags.Lookup("config"); flag.Changed && a.configFile == "" {
		return nil, usage("leave it out for "+config.DefaultFile, "--config names no file")
	}
	return config.LoadService(config.ServiceSource{File: a.configFile, Flags: given})
}
