// Package supervisor keeps exactly one child process alive for every module.
//
// It starts this program again as "syncsvc instance", one process a module, so
// that no module can harm another; it restarts what dies and stops everything
// when it is told to. It does not watch, scan or send anything itself.
package supervisor

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/child"
	"github.com/syncsvc/syncsvc/config"
)

// Options say what to run and how.
type Options struct {
	Modules  []*config.Module
	Program  string   // this program
	Args     []string // for every instance, after "instance --module FILE"
	StateDir string
	Drain    time.Duration
	Output   io.Writer // of the children: their log
	Log      *slog.Logger
}

// Run keeps all modules running until ctx ends, and returns when the last one
// has stopped. No module at all is fine: it then waits.
func Run(ctx context.Context, o Options) error {
	if o.Program == "" {
		return fmt.Errorf("supervise: no program to run")
	}
	starter, err := child.Open(ctx, child.Options{StateDir: o.StateDir, Log: o.Log})
	if err != nil {
		return err
	}
	defer starter.Close()
	var mu sync.Mutex // guards o.Output
	var keepers sync.WaitGroup
	for _, m := range o.Modules {
		k := newKeeper(keeperOptions{
			Name: m.Name, Home: filepath.Join(o.StateDir, m.Name), Module: m,
			Starter: starter, Command: o.child, Drain: o.Drain, Log: o.Log.With("module", m.Name),
			Output: func(line []byte) {
				mu.Lock()
				defer mu.Unlock()
				fmt.Fprintf(o.Output, "%s\n", line)
			},
		})
		keepers.Go(func() { k.run(ctx) })
	}
	o.Log.Info("supervisor runs", "modules", len(o.Modules))
	<-ctx.Done()
	o.Log.Info("supervisor stops", "cause", context.Cause(ctx).Error(), "drain", o.Drain)
	keepers.Wait()
	return nil
}

// child is the command of one life of a module.
func (o Options) child(m *config.Module) *exec.Cmd {
	return exec.Command(o.Program, append([]string{"instance", "--module", m.File}, o.Args...)...)
}
