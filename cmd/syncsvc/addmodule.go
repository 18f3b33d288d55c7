package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/console"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/doctor"
)

// addition is one add-module.
type addition struct {
	newModule
	dryRun, noStart, noCheck bool
}

func newAddModuleCommand(a *app) *cobra.Command {
	var add addition
	cmd := &cobra.Command{
		Use:   "add-module NAME --watch DIR --target URL...",
		Short: "Write a module file after checking it, and start the module",
		Long: `Add-module writes NAME.yaml into the folder of module files, with comments, and has
the running service start it. An existing file is never overwritten.

Before that it checks what "syncsvc check" does: that the folder is there and can be
read, that rsync on both sides will do, that each target is reachable and can be
written to (a probe file is written and removed again), the password file's mode,
whether the kernel has watches enough, and whether other modules are in the way.
When something is bad nothing is written; --no-check writes all the same, as for a
target that is to be there tomorrow.

A folder of module files that is not there is made (mode 0755). With --no-start the
file says "enabled: false", so that nothing runs until that line is taken out.

Exit codes: 0 when the file is written, 1 when a check was bad or NAME is taken, 2
for a wrong command line, 6 when the file would not be valid.`,
		Example: `  syncsvc add-module www --watch /data0/www/www --target rsync://rsync_backup@10.0.0.8/www \
      --password-file /etc/rsync.password --exclude '*.swp'
  syncsvc add-module bbs --watch /data0/bbs --target ssh://deploy@10.0.0.9/srv/bbs \
      --target /backup/bbs --dry-run`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			return usage(cmd.CommandPath()+" www --watch /srv/www --target rsync://10.0.0.8/www", "%q takes the name of the module", cmd.CommandPath())
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("threads") && add.threads < 1 {
				return usage("--threads 10", "--threads %d is too few", add.threads)
			}
			add.name = args[0]
			add.disabled = add.noStart
			return a.addModule(cmd.Context(), add)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&add.watch, "watch", "", "mirror the folder `DIR`")
	flags.StringArrayVar(&add.targets, "target", nil, "to `URL`: rsync://user@host/module, ssh://host/path, /path (repeatable)")
	flags.StringVar(&add.passwordFile, "password-file", "", "the password for rsync daemons is in `FILE`, mode 600")
	flags.IntVar(&add.threads, "threads", 0, "run at most `N` rsync processes at a time (default 10)")
	flags.StringVar(&add.fullSync, "full-sync", "", "compare everything `WHEN`: if-needed (default), on-start, never")
	flags.StringArrayVar(&add.excludes, "exclude", nil, "do not mirror what `PATTERN` of rsync matches (repeatable)")
	flags.BoolVar(&add.dryRun, "dry-run", false, "check, and print the file instead of writing it")
	flags.BoolVar(&add.noStart, "no-start", false, "write the file disabled, so that it is not started")
	flags.BoolVar(&add.noCheck, "no-check", false, "do not check this machine and the targets")
	_ = cmd.MarkFlagDirname("watch") // only for completion, and the flag is there
	_ = cmd.MarkFlagFilename("password-file")
	_ = cmd.RegisterFlagCompletionFunc("full-sync", cobra.FixedCompletions(
		[]string{string(config.FullIfNeeded), string(config.FullOnStart), string(config.FullNever)}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) addModule(ctx context.Context, add addition) error {
	s, err := a.service()
	if err != nil {
		return err
	}
	if err := add.complete(); err != nil {
		return err
	}
	if files := config.Files(s.ConfDir, add.name); len(files) > 0 {
		return withHint(fmt.Errorf("module %q is there already: %s", add.name, files[0]),
			"edit that file, take another name, or remove it: syncsvc remove-module "+add.name)
	}
	text, err := add.text()
	if err != nil {
		return err
	}
	path := filepath.Join(s.ConfDir, add.name+".yaml")
	m, err := add.parse(path, text)
	if err != nil {
		return err
	}
	if err := a.examine(ctx, s, add, m); err != nil {
		return err
	}
	if add.dryRun {
		return a.write(string(text))
	}
	if err := a.place(path, text, add); err != nil {
		return err
	}
	a.say("%s: written to %s", m.Name, path)
	return a.startAdded(ctx, s, add)
}

// examine refuses what would not work. What it found is said on stderr: stdout
// is for the file.
func (a *app) examine(ctx context.Context, s *config.Service, add addition, m *config.Module) error {
	others, err := s.Modules()
	if err != nil {
		a.remark("warning: not all other modules can be read, so it is compared with some of them only")
	}
	if err := config.Apart(m, others); err != nil {
		return err
	}
	if add.noCheck {
		a.warnings([]*config.Module{m})
		a.remark("not checked: this machine and the targets; syncsvc check %s does", m.Name)
		return nil
	}
	view := a.newFindings(a.err, false)
	found := doctor.Check(ctx, doctor.Options{Modules: []*config.Module{m}, Others: others, Planned: true, Found: view.add})
	view.end()
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted; nothing was written")
	case doctor.Worst(found) == doctor.Bad:
		return withHint(fmt.Errorf("module %q is not added: %s", m.Name, plural(view.bad, "problem")),
			"see above what to do; --no-check adds it all the same")
	}
	return nil
}

const (
	confDirMode    = 0o755 // other users may read it: an instance can run as one
	moduleFileMode = 0o644 // passwords are in files of their own
)

// place writes the file and proves that it says what was asked for.
func (a *app) place(path string, text []byte, add addition) error {
	if err := os.MkdirAll(filepath.Dir(path), confDirMode); err != nil {
		return fmt.Errorf("make the folder of module files: %w", err)
	}
	err := writeNew(path, text, moduleFileMode)
	if errors.Is(err, os.ErrExist) {
		return withHint(err, "somebody else has just written it; look at it, then take another name")
	}
	if err != nil {
		return err
	}
	m, err := config.LoadModule(path)
	if err == nil {
		err = add.compare(m)
	}
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// startAdded has a running service start the module, or says what will happen.
func (a *app) startAdded(ctx context.Context, s *config.Service, add addition) error {
	if add.noStart {
		a.say(`%s: not started; take "enabled: false" out of the file when it is to run`, add.name)
	}
	c := control.Dial(control.Socket(s.RunDir, control.ServiceName))
	var r control.Reload
	err := quick(ctx, func(ctx context.Context) error { return c.Post(ctx, "/v1/reload", nil, &r) })
	if errors.Is(err, control.ErrNotRunning) {
		if !add.noStart {
			a.say("%s: the service is not running; it starts the module when it is started: syncsvc service start", add.name)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("the file is written, but the service has not taken it up: %w", err)
	}
	i := slices.IndexFunc(r.Modules, func(m control.ModuleReload) bool { return m.Module == add.name })
	switch {
	case i < 0:
		return withHint(fmt.Errorf("the file is written, but the running service does not read %s", s.ConfDir),
			"--conf-dir and --run-dir, or --config, must be those of the service")
	case r.Modules[i].Error != "":
		return withHint(fmt.Errorf("the file is written, but %s: %s", add.name, r.Modules[i].Error), "syncsvc logs "+add.name)
	case add.noStart:
		return nil
	}
	return a.untilKnown(ctx, c, add.name)
}

// knownWithin is how long the service may take to know a module whose file it
// has read.
const knownWithin = 20 * time.Second

// untilKnown waits until the service has started the module, and says how it
// is.
func (a *app) untilKnown(ctx context.Context, c *control.Client, name string) error {
	ctx, cancel := context.WithTimeout(ctx, knownWithin)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		var m control.Module
		last = c.Get(ctx, "/v1/modules/"+url.PathEscape(name), &m)
		if last == nil && m.Status != nil { // it answers: what is asked of it next works
			a.say("%s: started; see: syncsvc status %s", name, console.Safe(name))
			return nil
		}
		if last == nil && m.Reason != "" {
			last = errors.New(m.Reason)
		}
		select {
		case <-ctx.Done():
			return withHint(fmt.Errorf("the file is written, but module %q has not started: %w", name, errors.Join(last, context.Cause(ctx))), "syncsvc status "+name)
		case <-tick.C:
		}
	}
}
