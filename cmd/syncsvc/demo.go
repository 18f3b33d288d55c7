package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/compare"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/rsync/rsyncd"
)

func newDemoCommand(a *app) *cobra.Command {
	var keep bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Mirror three generated trees to two daemons, change them, prove the result",
		Long: `Demo shows the whole of it in a scratch folder: two rsync daemons on loopback,
three modules, the full sync, live changes with the time each took to arrive on
every target, and in the end a comparison that reads both sides. It leaves
nothing behind, and exits with 1 if anything differs. It needs rsync.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			self, err := os.Executable()
			if err != nil {
				return fmt.Errorf("find this program: %w", err)
			}
			if keep && !isTerminal(a.in) {
				a.remark("not a terminal, so --keep has no effect")
				keep = false
			}
			return runDemo(cmd.Context(), a.out, self, keep)
		},
	}
	cmd.Flags().BoolVar(&keep, "keep", false, "on a terminal, stay up for playing until Ctrl-C")
	return cmd
}

// demoModules are the trees that the demo mirrors.
var demoModules = [...]string{"www", "bbs", "blog"}

// demoPatience bounds each wait of the demo; it is only reached when something
// is broken.
const demoPatience = 2 * time.Minute

// demo is a whole installation in a scratch folder: two daemons, three modules
// and the service itself.
type demo struct {
	out     io.Writer
	dir     string
	daemons []*rsyncd.Daemon
	service *exec.Cmd
	ended   chan error // 1: what Wait of the service returned
}

// runDemo does the main job on generated files and proves the result. It
// returns an error when a target differs in the end.
func runDemo(ctx context.Context, out io.Writer, program string, keep bool) (err error) {
	dir, err := os.MkdirTemp("", "syncsvc-demo-")
	if err != nil {
		return fmt.Errorf("make a scratch folder: %w", err)
	}
	d := &demo{out: out, dir: dir, ended: make(chan error, 1)}
	defer func() { err = errors.Join(err, d.close(err != nil)) }()
	if err := d.build(); err != nil {
		return err
	}
	if err := d.start(ctx, program); err != nil {
		return err
	}
	if err := d.fullSync(ctx); err != nil {
		return err
	}
	if err := d.live(ctx); err != nil {
		return err
	}
	if err := d.prove(ctx); err != nil {
		return err
	}
	d.where()
	if keep {
		fmt.Fprintln(out, "\nchange anything beneath the sources and look at the targets; Ctrl-C ends it")
		<-ctx.Done()
	}
	return nil
}

func (d *demo) source(module string) string { return filepath.Join(d.dir, "source", module) }

func (d *demo) target(daemon int, module string) string {
	return filepath.Join(d.dir, fmt.Sprint("target", daemon+1), module)
}

// build makes the sources, the daemons and the module files.
func (d *demo) build() error {
	files := 0
	for i, name := range demoModules {
		n, err := generate(d.source(name), i)
		if err != nil {
			return fmt.Errorf("generate files: %w", err)
		}
		files += n
	}
	for i := range 2 {
		var modules []rsyncd.Module
		for _, name := range demoModules {
			if err := os.MkdirAll(d.target(i, name), 0o755); err != nil {
				return fmt.Errorf("make a target: %w", err)
			}
			modules = append(modules, rsyncd.Module{Name: name, Path: d.target(i, name)})
		}
		home := filepath.Join(d.dir, fmt.Sprint("rsyncd", i+1))
		if err := os.Mkdir(home, 0o755); err != nil {
			return fmt.Errorf("make a folder for a daemon: %w", err)
		}
		daemon, err := rsyncd.Start(rsyncd.Options{Dir: home, Modules: modules})
		if err != nil {
			return fmt.Errorf("start a throw-away rsync daemon: %w", err)
		}
		d.daemons = append(d.daemons, daemon)
	}
	fmt.Fprintf(d.out, "generated %d files in 3 sources; 2 rsync daemons on ports %d and %d\n",
		files, d.daemons[0].Port, d.daemons[1].Port)
	return d.configure()
}

func (d *demo) configure() error {
	conf := filepath.Join(d.dir, "conf.d")
	if err := os.MkdirAll(conf, 0o755); err != nil {
		return fmt.Errorf("make %s: %w", conf, err)
	}
	for _, name := range demoModules {
		text := fmt.Sprintf("watch: %s\ntargets:\n", d.source(name))
		for _, daemon := range d.daemons {
			text += "  - " + daemon.URL(name) + "\n"
		}
		if err := os.WriteFile(filepath.Join(conf, name+".yaml"), []byte(text), 0o644); err != nil {
			return fmt.Errorf("write a module file: %w", err)
		}
	}
	return nil
}

// start runs the service as it runs in real life, in a process of its own.
func (d *demo) start(ctx context.Context, program string) error {
	log, err := os.Create(filepath.Join(d.dir, "syncsvc.log"))
	if err != nil {
		return fmt.Errorf("make the log: %w", err)
	}
	defer log.Close()
	d.service = exec.Command(program, append([]string{"run"}, d.flags()...)...)
	d.service.Stderr = log
	d.service.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := d.service.Start(); err != nil {
		return fmt.Errorf("start the service: %w", err)
	}
	go func() { d.ended <- d.service.Wait() }() // joined by close
	for _, name := range demoModules {
		if err := d.await(ctx, "module "+name+" answers", func() bool {
			return control.Dial(d.socket(name)).Get(ctx, "/v1/status", nil) == nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) flags() []string {
	return []string{
		"--conf-dir", filepath.Join(d.dir, "conf.d"), "--state-dir", filepath.Join(d.dir, "state"),
		"--run-dir", filepath.Join(d.dir, "run"), "--log-dir", filepath.Join(d.dir, "log"),
	}
}

func (d *demo) socket(module string) string {
	return control.Socket(filepath.Join(d.dir, "run"), module)
}

// fullSync waits until everything generated is everywhere.
func (d *demo) fullSync(ctx context.Context) error {
	begun := time.Now()
	if err := d.settle(ctx); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "full sync of 3 modules to 2 targets each: %s\n\n", round(time.Since(begun)))
	return nil
}

// settle asks every module whether all that changed until now has arrived.
func (d *demo) settle(ctx context.Context) error {
	for _, name := range demoModules {
		var a control.WaitAnswer
		route := "/v1/wait?upto=now&timeout=" + demoPatience.String()
		if err := control.Dial(d.socket(name)).Get(ctx, route, &a); err != nil {
			return fmt.Errorf("module %q: wait: %w", name, err)
		}
		if !a.Done {
			return fmt.Errorf("module %q is behind: %q", name, a.Behind)
		}
	}
	return nil
}

// prove compares every target with its source, by reading both.
func (d *demo) prove(ctx context.Context) error {
	if err := d.settle(ctx); err != nil {
		return err
	}
	fmt.Fprintln(d.out, "\nproof: names, types, modes, link targets and contents, read on both sides")
	different := 0
	for _, name := range demoModules {
		for i := range d.daemons {
			diff, n, err := compare.Trees(d.source(name), d.target(i, name), compare.Options{Contents: true, Max: 5})
			if err != nil {
				return fmt.Errorf("compare: %w", err)
			}
			fmt.Fprintf(d.out, "  %-4s target %d: %d files, %d folders, %d links, %d bytes: ",
				name, i+1, n.Files, n.Folders, n.Links, n.Bytes)
			if len(diff) == 0 {
				fmt.Fprintln(d.out, "alike")
				continue
			}
			different++
			fmt.Fprintf(d.out, "%d DIFFERENCES\n", n.Differences)
			for _, one := range diff {
				fmt.Fprintln(d.out, "    ", one)
			}
		}
	}
	if different > 0 {
		return fmt.Errorf("%d of %d mirrors differ from their source", different, len(demoModules)*len(d.daemons))
	}
	return nil
}

// where says where to look.
func (d *demo) where() {
	fmt.Fprintf(d.out, `
sources     %[1]s/source/{www,bbs,blog}
targets     %[1]s/target1, %[1]s/target2
modules     %[1]s/conf.d/{www,bbs,blog}.yaml
sockets     %[1]s/run/*.sock
log         %[1]s/syncsvc.log
`, d.dir)
}

// await waits until a condition holds.
func (d *demo) await(ctx context.Context, what string, is func() bool) error {
	deadline := time.NewTimer(demoPatience)
	defer deadline.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("interrupted while waiting until %s", what)
		case err := <-d.ended:
			d.ended <- err
			return fmt.Errorf("the service ended while waiting until %s: %v; see %s", what, err, filepath.Join(d.dir, "syncsvc.log"))
		case <-deadline.C:
			return fmt.Errorf("waited %s in vain until %s", demoPatience, what)
		case <-tick.C:
		}
	}
	return nil
}

// close ends everything the demo started. After a failure the files stay, for
// the log is in them.
func (d *demo) close(failed bool) error {
	if d.service != nil && d.service.Process != nil {
		_ = d.service.Process.Signal(syscall.SIGTERM)
		<-d.ended
	}
	for _, daemon := range d.daemons {
		daemon.Stop()
	}
	if failed {
		fmt.Fprintf(d.out, "everything is left in %s; the log is syncsvc.log\n", d.dir)
		return nil
	}
	if err := os.RemoveAll(d.dir); err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	fmt.Fprintln(d.out, "\nstopped, and everything removed")
	return nil
}

// round shortens a duration for people.
func round(t time.Duration) time.Duration {
	if t > time.Second {
		return t.Round(10 * time.Millisecond)
	}
	return t.Round(time.Millisecond)
}
