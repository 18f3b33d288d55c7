// Package supervisor keeps exactly one child process alive for every module,
// and answers the control socket for all of them.
//
// It starts this program again as "syncsvc instance", one process a module, so
// that no module can harm another; it restarts what dies, follows the module
// files, shares out what is limited for all, and stops everything when it is
// told to. It does not watch, scan or send anything itself.
package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/syncsvc/syncsvc/alert"
	"github.com/syncsvc/syncsvc/child"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/logbook"
	"github.com/syncsvc/syncsvc/metrics"
)

// Options say what to run and how.
type Options struct {
	Settings *config.Service
	// Reread reads the settings again; nil = they never change.
	Reread func() (*config.Service, error)
	// SettingsFile is watched for changes besides the module files; "" = none.
	SettingsFile string
	// MadeFrom is what the module files are made from, and what people know; it
	// is shown in their place. "" = they are the originals.
	MadeFrom string
	// Reload asks for a reload each time it has a value, as on SIGHUP; nil =
	// never. Its sender drops what it can't hand over.
	Reload <-chan os.Signal

	Program string                         // this program
	Args    func(*config.Service) []string // for every instance, after "instance --module FILE"
	Version string                         // of the program, for people
	Book    *logbook.Book                  // gets what the instances write; nil = it is lost
	Log     *slog.Logger                   // of the supervisor itself
	Level   func(slog.Level)               // changes from which level on Log logs; nil = it can't
}

// service is a supervisor at work: the parts and how they hang together.
type service struct {
	Options
	settings atomic.Pointer[config.Service] // those in force
	starter  *child.Starter
	broker   *broker
	hub      *hub
	fleet    *fleet
	reloader *reloader
	notifier *notifier
	api      *api
	alerts   *alert.Alerts
	server   *control.Server
	port     *port
}

// Run keeps all modules running until ctx ends, and returns when the last one
// has stopped. No module at all is fine: it then waits for one. The error wraps
// [child.ErrTwin] when another supervisor uses the same folders.
func Run(ctx context.Context, o Options) error {
	if o.Program == "" {
		return errors.New("supervise: no program to run")
	}
	s, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer s.starter.Close()
	return s.run(ctx)
}

// open takes what only one supervisor may have: the state folder, the socket,
// the port.
func open(ctx context.Context, o Options) (_ *service, err error) {
	s := &service{Options: o, broker: &broker{}, hub: &hub{}, notifier: newNotifier(o.Log)}
	s.settings.Store(o.Settings)
	s.broker.limit(o.Settings.Budget)
	if s.starter, err = child.Open(ctx, child.Options{StateDir: o.Settings.StateDir, Log: o.Log}); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.starter.Close()
		}
	}()
	s.fleet = &fleet{
		stateDir: o.Settings.StateDir, runDir: o.Settings.RunDir, madeFrom: o.MadeFrom, keeper: s.newKeeper, hub: s.hub, log: o.Log,
	}
	s.reloader = &reloader{
		settings: s.settings.Load, fleet: s.fleet, hub: s.hub, log: o.Log,
		asks: make(chan reloadAsk), begin: s.beginReload, ahead: s.planSettings,
	}
	s.api = &api{
		version: o.Version, started: time.Now(), pid: os.Getpid(),
		fleet: s.fleet, reloader: s.reloader, hub: s.hub, broker: s.broker, book: o.Book,
	}
	s.api.metrics = metrics.Handler(func() control.Overview {
		s.fleet.look(ctx, answerPatience)
		return s.api.overview()
	})
	s.alerts = alert.Open(alert.Options{
		Rules: o.Settings.Alerts, File: filepath.Join(o.Settings.StateDir, alertsFile),
		Overview: s.api.overview, Noticed: s.noticed, Log: o.Log,
		Errand: func() (string, func()) { return s.starter.Errand("alert") },
	})
	return s, s.listen(ctx)
}

// alertsFile is where alerts remember what they have told. No module is called
// so.
const alertsFile = ".alerts.json"

// noticed makes an event of an alert.
func (s *service) noticed(m alert.Message) {
	s.hub.publish(control.Event{
		Kind: control.EventAlert, Module: m.Module, Target: m.Target, Text: fmt.Sprintf("%s %s: %s", m.Name, m.State, m.Text), Hint: m.Hint,
	})
}

// listen opens the socket and the port.
func (s *service) listen(ctx context.Context) (err error) {
	set := s.Settings
	s.server, err = control.ListenGroup(ctx, control.Socket(set.RunDir, control.ServiceName), set.Control.Group, s.Log)
	if err != nil {
		return err
	}
	serve(s.server, s.api.routes())
	if s.port, err = openPort(ctx, set.Control, s.server.Handler(), s.Log); err != nil {
		return errors.Join(err, s.server.Close())
	}
	return nil
}

// newKeeper makes what keeps one module alive.
func (s *service) newKeeper(m *config.Module) *keeper {
	set := s.settings.Load()
	o := keeperOptions{
		Name: m.Name, Home: filepath.Join(set.StateDir, m.Name), Module: m, Starter: s.starter,
		RunDir: set.RunDir, LogDir: set.LogDir,
		Command: s.command, Drain: set.DrainTimeout, HungAfter: set.HungAfter,
		Event: s.hub.publish, Broker: s.broker, Log: s.Log.With("module", m.Name),
	}
	if s.Book != nil {
		w := s.Book.Module(m.Name)
		o.Output = func(line []byte) { _, _ = w.Write(append(line[:len(line):len(line)], '\n')) }
	}
	return newKeeper(o)
}

// command is the command of one life of a module.
func (s *service) command(m *config.Module) *exec.Cmd {
	set := s.settings.Load()
	args := []string{"instance", "--module", m.File}
	if m.Name != moduleOf(m.File) { // one of several in the file
		args = append(args, "--name", m.Name)
	}
	args = append(args, s.Args(set)...)
	if words := budgetWords(set.Budget); len(words) > 0 {
		args = append(args, "--budget", strings.Join(words, ","))
	}
	return exec.Command(s.Program, args...)
}

// budgetWords tell an instance what it has to ask for.
func budgetWords(b config.Budget) []string {
	var words []string
	if n := (&share{limits: b}).rsyncs(); n > 0 {
		words = append(words, fmt.Sprintf("%s=%d", control.PermitRsync, n))
	}
	if b.FullSyncs > 0 {
		words = append(words, fmt.Sprintf("%s=%d", control.PermitFullSync, b.FullSyncs))
	}
	return words
}

// run starts everything and stops it in order: first the modules, last the
// socket, so that one can see them stop.
func (s *service) run(ctx context.Context) error {
	frontCtx, stopFront := context.WithCancel(context.WithoutCancel(ctx))
	defer stopFront()
	var front, back sync.WaitGroup
	failures := make(chan error, 2) // of the socket, of the port
	begun := make(chan struct{})    // closed when the configuration has been read
	front.Go(func() {
		<-begun // before, the answer would be that there is no module
		failures <- s.server.Run(frontCtx)
	})
	front.Go(func() {
		if s.port == nil {
			failures <- nil
			return
		}
		failures <- s.port.run(frontCtx)
	})
	s.Log.Info("supervisor runs", "pid", os.Getpid(), "conf_dir", s.Settings.ConfDir)
	back.Go(func() { s.reloader.run(ctx) })
	back.Go(func() { s.follow(ctx, begun) })
	back.Go(func() { s.beat(ctx) })
	back.Go(func() { s.alerts.Run(ctx) })

	<-ctx.Done()
	drain := s.settings.Load().DrainTimeout
	s.Log.Info("supervisor stops", "cause", context.Cause(ctx).Error(), "drain", drain)
	s.notifier.stopping(drain)
	back.Wait()
	s.fleet.running.Wait()
	stopFront()
	front.Wait()
	s.Log.Info("supervisor stopped")
	return errors.Join(<-failures, <-failures)
}

// follow reads the configuration at first, closes begun, and reads it again
// whenever it may have changed or somebody asks.
func (s *service) follow(ctx context.Context, begun chan<- struct{}) {
	ask := func(why string) { _, _ = s.reloader.ask(ctx, why) } // it fails only when ctx has ended
	watch := &confWatch{
		dir: s.Settings.ConfDir, changed: func() { ask("files have changed") }, log: s.Log, settle: settle, every: lookEvery,
	}
	if s.SettingsFile != "" {
		watch.files = []string{s.SettingsFile}
	}
	var both sync.WaitGroup
	defer both.Wait()
	both.Go(func() { watch.run(ctx) })
	ask("the service starts")
	close(begun)
	for {
		select {
		case <-ctx.Done():
			return
		case sig := <-s.Reload:
			ask(fmt.Sprintf("signal %s", sig))
		}
	}
}
