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
	"sync"
	"time"
)

// Module is what the supervisor has to know of one.
type Module struct {
	Name string
	File string
}

// Options say what to run and how.
type Options struct {
	Modules []Module
	Program string   // this program
	Args    []string // for every instance, after "instance --module FILE"
	Drain   time.Duration
	Output  io.Writer // of the children: their log
	Log     *slog.Logger
}

// Run keeps all modules running until ctx ends, and returns when the last one
// has stopped. No module at all is fine: it then waits.
func Run(ctx context.Context, o Options) error {
	if o.Program == "" {
		return fmt.Errorf("supervise: no program to run")
	}
	s := newStarter()
	defer s.close()
	var keepers sync.WaitGroup
	for _, m := range o.Modules {
		k := &keeper{
			name: m.Name, start: s.start, drain: o.Drain,
			log:     o.Log.With("module", m.Name),
			command: func() *exec.Cmd { return o.child(m) },
		}
		keepers.Go(func() { k.run(ctx) })
	}
	o.Log.Info("supervisor runs", "modules", len(o.Modules))
	<-ctx.Done()
	o.Log.Info("supervisor stops", "cause", context.Cause(ctx).Error(), "drain", o.Drain)
	keepers.Wait()
	return nil
}

// child is the command of one life of a module.
func (o Options) child(m Module) *exec.Cmd {
	args := append([]string{"instance", "--module", m.File}, o.Args...)
	cmd := exec.Command(o.Program, args...)
	cmd.Stderr = o.Output
	cmd.WaitDelay = killGrace
	return cmd
}
