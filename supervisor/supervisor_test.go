package supervisor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/instance"
	"github.com/syncsvc/syncsvc/logbook"
)

const patience = time.Minute

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "instance" {
		os.Exit(behave(os.Args[1:]))
	}
	// Children would sleep a second before they end if this has -race.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// behave makes the test binary a child, by what follows "instance --module
// FILE HOME": "real" is an instance, "good" only ends on SIGTERM, "deaf" does
// not, "crash" dies at once. All but a real one leave a mark for each life:
// their pid, in a file named after the module.
func behave(args []string) int {
	kind := args[4]
	if kind == "real" {
		return beInstance(args)
	}
	terminated := make(chan os.Signal, 1) // 1: the signal may come before anybody listens
	signal.Notify(terminated, syscall.SIGTERM)
	lives := strings.TrimSuffix(args[2], ".yaml") + ".lives"
	f, err := os.OpenFile(lives, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 1
	}
	fmt.Fprintln(f, os.Getpid())
	f.Close()
	switch kind {
	case "crash":
		return 3
	case "deaf":
		select {}
	}
	<-terminated
	return 0
}

// beInstance does what "syncsvc instance --module FILE" does, with all folders in
// HOME.
func beInstance(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	file, home := args[2], args[3]
	m, err := config.LoadModule(file)
	if err == nil {
		err = config.Join(slices.DeleteFunc(config.CheckSystem(m), func(p config.Problem) bool { return p.CanWait }))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitConfig
	}
	link, err := control.LinkFromEnv()
	if err != nil {
		return 1
	}
	o := instance.Options{
		Module: m, StateDir: filepath.Join(home, "state"), RunDir: filepath.Join(home, "run"), LogDir: filepath.Join(home, "log"),
		Drain: time.Second, Log: slog.New(slog.NewJSONHandler(os.Stderr, nil)).With("module", m.Name), Link: link,
		Budget: map[control.PermitKind]int{},
	}
	if len(args) > 5 { // --budget WORDS
		for word := range strings.SplitSeq(args[6], ",") {
			kind, _, _ := strings.Cut(word, "=")
			o.Budget[control.PermitKind(kind)] = 0
		}
	}
	if err := instance.Run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// site is a supervisor under test with its folders, and a way to ask it.
type site struct {
	testing.TB
	home     string
	settings *config.Service
	options  Options
	cancel   context.CancelFunc
	done     chan error
	log      *syncWriter
	client   *control.Client
}

// syncWriter is a log that may be written and read at the same time.
type syncWriter struct{ file *os.File }

func (w *syncWriter) Write(b []byte) (int, error) { return w.file.Write(b) }

func (w *syncWriter) String() string {
	b, _ := os.ReadFile(w.file.Name())
	return string(b)
}

// newSite makes the folders; nothing runs yet. Children are of the given kind.
func newSite(t *testing.T, kind string) *site {
	t.Helper()
	home := t.TempDir()
	file, err := os.Create(filepath.Join(home, "output"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	s := &site{TB: t, home: home, log: &syncWriter{file}}
	s.settings = &config.Service{
		ConfDir: s.path("conf.d"), StateDir: s.path("state"), RunDir: s.path("run"), LogDir: s.path("log"),
		DrainTimeout: time.Second, HungAfter: 10 * time.Minute,
	}
	s.must(os.Mkdir(s.settings.ConfDir, 0o700))
	s.client = control.Dial(control.Socket(s.settings.RunDir, control.ServiceName))
	s.options = Options{
		Settings: s.settings, Program: os.Args[0], Version: "test",
		Args: func(*config.Service) []string { return []string{home, kind} },
	}
	return s
}

// start runs the supervisor until the test ends, or stop.
func (s *site) start() *site {
	s.Helper()
	book, err := logbook.Open(logbook.Options{Out: s.log, Format: logbook.Text})
	s.must(err)
	o := s.options
	o.Book, o.Log = book, slog.New(book.Handler())
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(context.Background())
	s.done = make(chan error, 1) // the one result of Run
	go func() {
		err := Run(ctx, o)
		s.done <- errors.Join(err, book.Close())
	}()
	s.Cleanup(s.stop)
	s.until("the supervisor answers", func() bool {
		var v control.Version
		return s.client.Get(s.Context(), "/v1/version", &v) == nil
	})
	return s
}

// stop ends the supervisor and expects a clean end; a second call does nothing.
func (s *site) stop() {
	if s.cancel == nil {
		return
	}
	s.cancel()
	s.cancel = nil
	if err := <-s.done; err != nil {
		s.Error(err)
	}
	if s.Failed() {
		s.Log(s.log.String())
	}
}

func (s *site) path(name string) string { return filepath.Join(s.home, name) }

func (s *site) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// write writes a file of the site, with the folders above it.
func (s *site) write(name, text string) string {
	s.Helper()
	path := s.path(name)
	s.must(os.MkdirAll(filepath.Dir(path), 0o700))
	if strings.HasPrefix(name, "conf.d/") { // as a whole: half of it may be read
		s.must(os.WriteFile(path+"~", []byte(text), 0o600))
		s.must(os.Rename(path+"~", path))
		return path
	}
	s.must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

// module writes a module's file: it mirrors src/NAME to dst/NAME, and more is
// added to its text.
func (s *site) module(name string, more ...string) {
	s.Helper()
	s.must(os.MkdirAll(s.path("src/"+name), 0o700))
	s.must(os.MkdirAll(s.path("dst/"+name), 0o700))
	s.write("conf.d/"+name+".yaml", fmt.Sprintf("watch: %s\ntargets: [%s]\n%s",
		s.path("src/"+name), s.path("dst/"+name), strings.Join(more, "\n")))
}

// mirrors waits until what is written to a module's source arrives.
func (s *site) mirrors(name string) {
	s.Helper()
	text := fmt.Sprint(time.Now().UnixNano())
	s.write("src/"+name+"/proof", text)
	s.until(name+" mirrors", func() bool {
		b, err := os.ReadFile(s.path("dst/" + name + "/proof"))
		return err == nil && string(b) == text
	})
}

// ask posts a request and expects an answer.
func (s *site) ask(route string, request, answer any) {
	s.Helper()
	if err := s.client.Post(s.Context(), route, request, answer); err != nil {
		s.Fatalf("%s: %v", route, err)
	}
}

// see returns one module as the supervisor shows it.
func (s *site) see(name string) control.Module {
	s.Helper()
	var m control.Module
	s.must(s.client.Get(s.Context(), "/v1/modules/"+name, &m))
	return m
}

// is waits until a module is in a state, and returns it then.
func (s *site) is(name string, state control.State) control.Module {
	s.Helper()
	var m control.Module
	s.until(fmt.Sprintf("%s is %s", name, state), func() bool {
		return s.client.Get(s.Context(), "/v1/modules/"+name, &m) == nil && m.State == state
	})
	return m
}

// lives returns the pids that a module whose child is not real has had so far.
func (s *site) lives(module string) []int {
	b, _ := os.ReadFile(s.path("conf.d/" + module + ".lives"))
	var pids []int
	for line := range strings.Lines(string(b)) {
		var pid int
		if _, err := fmt.Sscan(line, &pid); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func (s *site) until(what string, is func() bool) {
	s.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline.C:
			s.Fatalf("waited in vain until %s\n%s", what, s.log)
		case <-tick.C:
		}
	}
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestKilledModuleIsStartedAgainAndOthersAreLeftAlone(t *testing.T) {
	s := newSite(t, "good")
	s.module("www")
	s.module("bbs")
	s.start()
	s.until("both run", func() bool { return len(s.lives("www")) == 1 && len(s.lives("bbs")) == 1 })
	_ = syscall.Kill(s.lives("www")[0], syscall.SIGKILL)
	s.until("www lives again", func() bool { return len(s.lives("www")) == 2 })
	if n := len(s.lives("bbs")); n != 1 {
		t.Errorf("bbs was started %d times", n)
	}
	if d := s.see("www").Deaths; len(d) != 1 || !strings.Contains(d[0].Cause, "killed by signal 9") {
		t.Errorf("deaths are %+v", d)
	}
	pids := append(s.lives("www")[1:], s.lives("bbs")...)
	s.stop()
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("process %d is still there after the stop", pid)
		}
	}
}

func TestModuleThatDiesAtOnceIsTriedAgain(t *testing.T) {
	s := newSite(t, "crash")
	s.module("www")
	s.start()
	s.until("it was started twice", func() bool { return len(s.lives("www")) >= 2 })
	m := s.is("www", control.Backoff)
	if m.Reason != "exit code 3" || m.NextStart == nil || m.Restarts == 0 {
		t.Errorf("it is %+v", m)
	}
}

func TestDeafModuleIsKilledAfterTheDrainDeadline(t *testing.T) {
	s := newSite(t, "deaf")
	s.settings.DrainTimeout = 10 * time.Millisecond
	s.module("www")
	s.start()
	s.until("it runs", func() bool { return len(s.lives("www")) == 1 })
	s.stop()
	if alive(s.lives("www")[0]) {
		t.Error("it survived")
	}
}

func TestNoModuleAtAllIsFine(t *testing.T) {
	s := newSite(t, "good")
	s.must(os.Remove(s.settings.ConfDir))
	s.start()
	var o control.Overview
	s.must(s.client.Get(t.Context(), "/v1/status", &o))
	if len(o.Modules) != 0 || len(o.Problems) != 0 || o.State != control.Stopped || o.Version != "test" {
		t.Errorf("overview is %+v", o)
	}
}

func TestSecondSupervisorIsRefused(t *testing.T) {
	s := newSite(t, "good").start()
	o := s.options
	o.Log = slog.New(slog.DiscardHandler)
	err := Run(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "another supervisor") {
		t.Errorf("with the same folders: %v", err)
	}
	other := *s.settings
	other.StateDir = t.TempDir()
	o.Settings = &other
	if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "already running") {
		t.Errorf("with the same run folder: %v", err)
	}
}

// readStream reads values of a stream until enough says so.
func readStream[T any](s *site, route string, enough func(T) bool) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	err := s.client.Stream(ctx, route, func(value json.RawMessage) error {
		var v T
		if err := json.Unmarshal(value, &v); err != nil {
			return err
		}
		if enough(v) {
			return io.EOF
		}
		return nil
	})
	if !errors.Is(err, io.EOF) {
		s.Errorf("%s ended too early: %v", route, err)
	}
}
