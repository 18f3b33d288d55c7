package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// fakeService is a control socket that answers what a test wants to see.
type fakeService struct {
	t   *testing.T
	dir string // with the folders of a service beneath it
	*control.Server
	stop func() // ends it and waits until it has ended
}

// newFake opens the socket called name, which is the supervisor's or a
// module's. It serves from begin on.
func newFake(t *testing.T, name string) *fakeService {
	t.Helper()
	f := noService(t)
	s, err := control.Listen(t.Context(), control.Socket(filepath.Join(f.dir, "run"), name), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	f.Server = s
	return f
}

// noService has the folders of a service, and nobody answers.
func noService(t *testing.T) *fakeService {
	t.Helper()
	f := &fakeService{t: t, dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(f.dir, "syncsvc.yaml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

// begin serves, until stop or the end of the test.
func (f *fakeService) begin() *fakeService {
	f.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() {
		if err := f.Run(ctx); err != nil {
			f.t.Errorf("serve: %v", err)
		}
	})
	f.stop = sync.OnceFunc(func() { cancel(); served.Wait() })
	f.t.Cleanup(f.stop)
	return f
}

// answers makes the service answer pattern with v.
func (f *fakeService) answers(pattern string, v any) *fakeService {
	f.Handle(pattern, func(*http.Request) (any, error) { return v, nil })
	return f
}

// outcome is what a command did.
type outcome struct {
	code     int
	out, err string
}

// run runs a command against the service.
func (f *fakeService) run(args ...string) outcome {
	f.t.Helper()
	return f.runUntil(context.Background(), args...)
}

func (f *fakeService) runUntil(ctx context.Context, args ...string) outcome {
	f.t.Helper()
	var out, errs syncBuffer
	args = slices.Insert(slices.Clone(args), 1, f.flags()...) // behind the verb
	code := run(ctx, args, stdio{strings.NewReader(""), &out, &errs})
	return outcome{code, out.String(), errs.String()}
}

func (f *fakeService) flags() []string {
	return []string{
		"--config", filepath.Join(f.dir, "syncsvc.yaml"),
		"--conf-dir", filepath.Join(f.dir, "conf.d"), "--state-dir", filepath.Join(f.dir, "state"),
		"--run-dir", filepath.Join(f.dir, "run"), "--log-dir", filepath.Join(f.dir, "log"),
	}
}

// wants fails the test unless the command did what is expected: its exit code,
// and texts on its two streams.
func (o outcome) wants(t *testing.T, code int, out, errs string) {
	t.Helper()
	if o.code != code || !strings.Contains(o.out, out) || !strings.Contains(o.err, errs) {
		t.Errorf("exit code %d, want %d\nstdout, which should have %q:\n%s\nstderr, which should have %q:\n%s",
			o.code, code, out, o.out, errs, o.err)
	}
}

// syncBuffer is a buffer that may be read while it is written to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// wellModule is one that is well.
func wellModule(name string) control.Module {
	now := time.Now()
	m := control.Module{Wanted: control.WantedUp}
	m.Take(&control.Status{
		Module: name, State: control.Live, Pid: 4711, Started: now, Since: now, Watch: "/srv/" + name,
		Targets: []control.Target{{URL: "rsync://a/" + name, State: control.Live, LastSuccess: &now}},
	})
	return m
}
