package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/supervisor"
)

func newRemoveModuleCommand(a *app) *cobra.Command {
	var keepState bool
	cmd := &cobra.Command{
		Use:   "remove-module NAME",
		Short: "Stop a module and take its file away",
		Long: `Remove-module renames the module's file to NAME.yaml.removed, has the running service
stop the module, and removes what was remembered of it. Transfers under way may go
on until the drain timeout. What the targets have stays there, and so does the
list of what could not be sent.

To undo it, rename the file back; everything is compared then, unless --keep-state
was given. An older NAME.yaml.removed is replaced.`,
		Example: "  syncsvc remove-module www\n  syncsvc remove-module www --keep-state",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			return usage(cmd.CommandPath()+" www", "%q takes the name of one module", cmd.CommandPath())
		},
		ValidArgsFunction: a.completeModule,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.removeModule(cmd.Context(), args[0], keepState)
		},
	}
	cmd.Flags().BoolVar(&keepState, "keep-state", false, "keep what is remembered: which target has what")
	return cmd
}

// removedSuffix makes a module file one that nobody reads.
const removedSuffix = ".removed"

func (a *app) removeModule(ctx context.Context, name string, keepState bool) error {
	s, err := a.service()
	if err != nil {
		return err
	}
	if err := config.CheckName(name); err != nil {
		return usage("syncsvc status", "%v", err)
	}
	files := config.Files(s.ConfDir, name)
	if len(files) == 0 {
		return noModule(s, name)
	}
	if err := alone(files); err != nil {
		return err
	}
	c := control.Dial(control.Socket(s.RunDir, control.ServiceName))
	err = quick(ctx, func(ctx context.Context) error { return c.Get(ctx, "/v1/version", nil) })
	unattended := errors.Is(err, control.ErrNotRunning)
	if err != nil && !unattended {
		return err
	}
	home := filepath.Join(s.StateDir, name)
	if unattended {
		// It would go on by itself, and write its state again.
		release, err := holdState(home, name)
		if err != nil {
			return err
		}
		release()
	}
	if err := a.putAway(name, files); err != nil {
		return err
	}
	if !unattended {
		if err := a.stopRemoved(ctx, c, name); err != nil {
			return err
		}
	}
	if keepState {
		a.say("%s: what is remembered of it stays in %s", name, home)
	} else if err := errors.Join(forget(home, name), forgetMark(s.StateDir, name)); err != nil {
		return err
	}
	a.say("%s: removed; its targets keep what they have", name)
	return nil
}

// alone refuses to take away a file that other modules are in, too.
func alone(files []string) error {
	for _, path := range files {
		if names := config.NamesIn(path); len(names) > 1 {
			return withHint(fmt.Errorf("%s is the file of %s", path, strings.Join(names, ", ")),
				"take the localpath element out of it; the service notices. To remove all of them, rename the file")
		}
	}
	return nil
}

// putAway renames the files of a module.
func (a *app) putAway(name string, files []string) error {
	for _, path := range files {
		if err := os.Rename(path, path+removedSuffix); err != nil {
			return fmt.Errorf("put the file of module %q away: %w", name, err)
		}
		a.say("%s: its file is now %s", name, path+removedSuffix)
	}
	return syncFolder(filepath.Dir(files[0]))
}

// stopRemoved has the service notice that the file is gone, and waits until
// the module has stopped.
func (a *app) stopRemoved(ctx context.Context, c *control.Client, name string) error {
	var r control.Reload
	if err := c.Post(ctx, "/v1/reload", nil, &r); err != nil {
		return fmt.Errorf("the file is put away, but module %q may still run: %w", name, err)
	}
	for _, m := range r.Modules {
		if m.Module == name && m.Error != "" {
			return withHint(fmt.Errorf("the file is put away, but module %q: %s", name, m.Error), "syncsvc status "+name)
		}
	}
	if c.Get(ctx, "/v1/modules/"+url.PathEscape(name), nil) == nil {
		return withHint(fmt.Errorf("the file is put away, but the service goes on with module %q", name),
			"--conf-dir and --run-dir, or --config, must be those of the service; see: syncsvc status "+name)
	}
	a.say("%s: stopped", name)
	return nil
}

// forget removes what is remembered of a module that does not run.
func forget(home, name string) error {
	if _, err := os.Stat(home); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	release, err := holdState(home, name)
	if err != nil {
		return err
	}
	defer release()
	if err := os.RemoveAll(home); err != nil {
		return fmt.Errorf("remove what is remembered of module %q: %w", name, err)
	}
	return nil
}

// forgetMark removes what says that a module is disabled.
func forgetMark(stateDir, name string) error {
	if err := os.Remove(supervisor.DisabledMark(stateDir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("forget that module %q is disabled: %w", name, err)
	}
	return nil
}

// holdState takes the lock that a running instance holds.
func holdState(home, name string) (release func(), err error) {
	if _, err := os.Stat(home); errors.Is(err, os.ErrNotExist) {
		return func() {}, nil
	}
	lock := flock.New(filepath.Join(home, "lock"), flock.SetPermissions(0o600))
	got, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("look whether module %q runs: %w", name, err)
	}
	if !got {
		return nil, withHint(fmt.Errorf("module %q still runs, without a service above it", name), "end it first; see which process: fuser "+lock.Path())
	}
	return func() { _ = lock.Unlock() }, nil
}
