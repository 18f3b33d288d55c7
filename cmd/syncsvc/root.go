package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// app is what all commands have in common: where to write, and the settings
// given on the command line.
type app struct {
	stdio
	configFile string
	flags      *pflag.FlagSet // of the root command; known to every command
	runFlags   *pflag.FlagSet // of "syncsvc run" alone
}

// newRootCommand returns the program's command with all others beneath it.
func newRootCommand(a *app) *cobra.Command {
	root := newGroup("syncsvc", "Keep folders mirrored on other hosts", longHelp)
	root.Version = versionText()
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().Bool("version", false, "print the version") // without cobra's -v
	root.SilenceErrors = true                                // run reports them
	root.SilenceUsage = true
	root.CompletionOptions.DisableDefaultCmd = true // there is one of our own
	root.SetFlagErrorFunc(flagError)
	a.addFlags(root)
	service := newRunCommand(a)
	a.addRunFlags(service)
	root.AddCommand(
		service,
		newInstanceCommand(a),
		newStatusCommand(a),
		newTopCommand(a),
		newEventsCommand(a),
		newLogsCommand(a),
		newWaitCommand(a),
		newSyncCommand(a),
		newVerifyCommand(a),
		newFailuresCommand(a),
		newApproveCommand(a),
		newWhyCommand(a),
		newReloadCommand(a),
		newPlanCommand(a),
		newCheckCommand(a),
		newAddModuleCommand(a),
		newRemoveModuleCommand(a),
		newImportCommand(a),
		newImportLuaCommand(a),
		newSersyncCommand(a),
		newRsyncdConfCommand(a),
		newConfigCommand(a),
		newDemoCommand(a),
		newServiceCommand(a),
		newCompletionCommand(a),
		newVersionCommand(a),
	)
	root.AddCommand(newSwitchCommands(a)...)
	arrange(root)
	return root
}

const longHelp = `syncsvc keeps folders mirrored on other hosts within milliseconds. Each file in
/etc/syncsvc/conf.d describes one folder and its targets; "syncsvc config
example" prints one to start from. Stock rsync does the transfers.

` + exitCodes

// setting is a flag that sets what syncsvc.yaml sets too; its name is the key
// with dashes.
type setting struct{ key, usage string }

// settingFlags are those that every command knows.
func settingFlags() []setting {
	return []setting{
		{"conf_dir", "module files are in `DIR` (default /etc/syncsvc/conf.d)"},
		{"state_dir", "what has to survive a restart is in `DIR` (default /var/lib/syncsvc)"},
		{"run_dir", "sockets and locks are in `DIR` (default /run/syncsvc)"},
		{"log_dir", "lists of what could not be sent are in `DIR` (default /var/log/syncsvc)"},
		{"drain_timeout", "a stop waits for transfers for `TIME` (default 10s)"},
		{"log_level", "log from `LEVEL` on: debug, info, warn, error (default info)"},
		{"log_format", "log in `FORMAT`: auto, text, json, journald (default auto)"},
	}
}

// runSettingFlags are those that only the service itself is concerned with.
func runSettingFlags() []setting {
	return []setting{
		{"log_files", "log to files in the log folder too: `true` or false (default false)"},
		{"log_size", "put a log file away when it has `SIZE` (default 20m)"},
		{"log_keep", "keep `N` log files that were put away (default 5)"},
		{"max_rsyncs", "run at most `N` rsyncs at a time, all modules together (default off)"},
		{"max_full_syncs", "be in at most `N` full syncs at a time (default off)"},
		{"max_bandwidth", "send at most `SIZE` a second, all modules together (default off)"},
		{"hung_after", "end a module that shows no sign of life for `TIME` (default 30s)"},
		{"socket_group", "let `GROUP` use the socket too"},
		{"listen", "serve the API and /metrics at `HOST:PORT` too; needs --token-file"},
		{"token_file", "clients of --listen need the token in `FILE`"},
		{"tls_cert", "the certificate for --listen is in `FILE`"},
		{"tls_key", "its key is in `FILE`"},
	}
}

func flagName(key string) string { return strings.ReplaceAll(key, "_", "-") }

// addFlags adds the flags that every command knows, before or after its name.
func (a *app) addFlags(root *cobra.Command) {
	a.flags = root.PersistentFlags()
	a.flags.StringVar(&a.configFile, "config", "", "settings are in `FILE` (default "+config.DefaultFile+", if it exists)")
	for _, f := range settingFlags() {
		a.flags.String(flagName(f.key), "", f.usage)
	}
}

func (a *app) addRunFlags(run *cobra.Command) {
	a.runFlags = run.Flags()
	for _, f := range runSettingFlags() {
		a.runFlags.String(flagName(f.key), "", f.usage)
	}
}

// service returns the settings of the service: flags, environment, file and
// defaults together.
func (a *app) service() (*config.Service, error) {
	given := map[string]string{}
	if err := collect(given, a.flags, settingFlags()); err != nil {
		return nil, err
	}
	if err := collect(given, a.runFlags, runSettingFlags()); err != nil {
		return nil, err
	}
	if flag := a.flags.Lookup("config"); flag.Changed && a.configFile == "" {
		return nil, usage("leave it out for "+config.DefaultFile, "--config names no file")
	}
	return config.LoadService(config.ServiceSource{
		File: a.configFile, NoFile: os.Getenv(control.LinkEnv) != "", Flags: given,
	})
}

// collect adds the settings that were given, with paths made absolute: on the
// command line, unlike in the file, they may be relative.
func collect(given map[string]string, flags *pflag.FlagSet, settings []setting) error {
	for _, f := range settings {
		flag := flags.Lookup(flagName(f.key))
		if !flag.Changed {
			continue
		}
		value := flag.Value.String()
		if isPath(f.key) && value != "" {
			abs, err := filepath.Abs(value)
			if err != nil {
				return fmt.Errorf("--%s: %w", flag.Name, err)
			}
			value = abs
		}
		given[f.key] = value
	}
	return nil
}

func isPath(key string) bool {
	return strings.HasSuffix(key, "_dir") || key == "token_file" || key == "tls_cert" || key == "tls_key"
}
