package supervisor

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/syncsvc/syncsvc/config"
)

// asChild makes the test binary behave as an instance would: "good" ends on
// SIGTERM, "deaf" does not, "crash" dies at once.
const asChild = "SYNCSVC_TEST_CHILD"

const patience = time.Minute

func TestMain(m *testing.M) {
	if kind := os.Getenv(asChild); kind != "" {
		os.Exit(behave(kind, os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

// behave leaves a mark for each life: its pid, in a file named after its module.
func behave(kind string, args []string) int {
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

// service is a supervisor under test.
type service struct {
	testing.TB
	dir    string
	cancel context.CancelFunc
	done   chan error
	log    *syncWriter
}

// syncWriter is a log that may be written and read at the same time.
type syncWriter struct{ file *os.File }

func (w *syncWriter) Write(b []byte) (int, error) { return w.file.Write(b) }

func (w *syncWriter) String() string {
	b, _ := os.ReadFile(w.file.Name())
	return string(b)
}

func start(t *testing.T, kind string, drain time.Duration, modules ...string) *service {
	t.Helper()
	t.Setenv(asChild, kind)
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	s := &service{TB: t, dir: t.TempDir(), done: make(chan error, 1), log: &syncWriter{file}}
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(context.Background())
	o := Options{
		Program: os.Args[0], Drain: drain, Output: io.Discard, StateDir: filepath.Join(s.dir, "state"),
		Log: slog.New(slog.NewTextHandler(s.log, nil)),
	}
	for _, m := range modules {
		o.Modules = append(o.Modules, &config.Module{Name: m, File: filepath.Join(s.dir, m+".yaml")})
	}
	go func() { s.done <- Run(ctx, o) }()
	t.Cleanup(s.stop)
	return s
}

// stop ends the supervisor and expects a clean end; a second call does nothing.
func (s *service) stop() {
	if s.cancel == nil {
		return
	}
	s.cancel()
	s.cancel = nil
	if err := <-s.done; err != nil {
		s.Error(err)
	}
}

// lives returns the pids that a module has had so far.
func (s *service) lives(module string) []int {
	b, _ := os.ReadFile(filepath.Join(s.dir, module+".lives"))
	var pids []int
	for line := range strings.Lines(string(b)) {
		var pid int
		if _, err := fmt.Sscan(line, &pid); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func (s *service) until(what string, is func() bool) {
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
	s := start(t, "good", time.Minute, "www", "bbs")
	s.until("both run", func() bool { return len(s.lives("www")) == 1 && len(s.lives("bbs")) == 1 })
	_ = syscall.Kill(s.lives("www")[0], syscall.SIGKILL)
	s.until("www lives again", func() bool { return len(s.lives("www")) == 2 })
	if n := len(s.lives("bbs")); n != 1 {
		t.Errorf("bbs was started %d times", n)
	}
	if !strings.Contains(s.log.String(), "killed by signal 9") {
		t.Errorf("the log does not say what www died of:\n%s", s.log)
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
	s := start(t, "crash", time.Minute, "www")
	s.until("it was started twice", func() bool { return len(s.lives("www")) >= 2 })
	if !strings.Contains(s.log.String(), "exit code 3") || !strings.Contains(s.log.String(), "in_a_row=1") {
		t.Errorf("the log does not say why and when:\n%s", s.log)
	}
}

func TestDeafModuleIsKilledAfterTheDrainDeadline(t *testing.T) {
	s := start(t, "deaf", 10*time.Millisecond, "www")
	s.until("it runs", func() bool { return len(s.lives("www")) == 1 })
	s.stop()
	if alive(s.lives("www")[0]) {
		t.Error("it survived")
	}
}

func TestNoModuleAtAllIsFine(t *testing.T) {
	s := start(t, "good", time.Minute)
	s.until("it runs", func() bool { return strings.Contains(s.log.String(), "supervisor runs") })
	s.stop()
}
