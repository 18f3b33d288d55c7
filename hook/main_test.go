package hook

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/syncsvc/syncsvc/control"
)

// patience is how long a test waits for something that should take moments.
const patience = 2 * time.Minute

// asProgram makes the test binary the program that a hook calls.
const asProgram = "SYNCSVC_HOOK_TEST"

func TestMain(m *testing.M) {
	if what := os.Getenv(asProgram); what != "" && os.Getenv("SYNCSVC_MODULE") != "" {
		os.Exit(program(what))
	}
	if dir := os.Getenv(asMirror); dir != "" {
		os.Exit(mirrorProcess(dir))
	}
	goleak.VerifyTestMain(m)
}

// program is what a command hook runs in these tests. It notes how it was
// called in the file named by the variable OUT, and how many calls overlap.
func program(what string) int {
	out, err := os.OpenFile(os.Getenv("OUT"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		panic(err)
	}
	defer out.Close()
	stdin, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	switch what {
	case "note":
		fmt.Fprintf(out, "%q %q\n", os.Args[1:], stdin)
	case "fail":
		fmt.Fprintf(out, "%q\n", os.Args[1:])
		fmt.Println("no such shop")
		return 3
	case "hang":
		fmt.Fprintf(out, "%d\n", syscall.Getpid())
		select {}
	case "slow":
		fmt.Fprintf(out, "begin %s\n", os.Args[1])
		other := map[string]string{"a": "b", "b": "a"}[os.Args[1]]
		awaitLine(os.Getenv("OUT"), "begin "+other)
		<-time.After(100 * time.Millisecond)
		fmt.Fprintf(out, "end %s\n", os.Args[1])
	}
	return 0
}

// awaitLine waits until a file has a line, for a bounded time.
func awaitLine(file, line string) {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-time.After(time.Millisecond) {
		if text, _ := os.ReadFile(file); strings.Contains("\n"+string(text), "\n"+line+"\n") {
			return
		}
	}
}

// bench is a module with hooks and a folder for them.
type bench struct {
	testing.TB
	dir   string
	hooks *Hooks
	log   *transcript
	stop  func()
}

// transcript is what was logged.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// spec is a hook of a kind that wants everything.
func spec(kind string) Spec {
	return Spec{
		Name: kind, Kind: kind, Events: Events{true, true, true}, Folders: true, Concurrency: 1,
		Timeout: time.Minute, GiveUp: 10 * time.Minute, Batch: 1, Queue: 1000,
	}
}

// newBench makes hooks in a new folder and runs them.
func newBench(t testing.TB, specs ...Spec) *bench {
	t.Helper()
	b := &bench{TB: t, dir: t.TempDir(), log: &transcript{}}
	b.run(specs...)
	return b
}

func (b *bench) options(specs ...Spec) Options {
	return Options{
		Module: "www", Root: "/srv/www", Dir: filepath.Join(b.dir, "hooks"), Hooks: specs, Drain: 5 * time.Second,
		Log: slog.New(slog.NewTextHandler(b.log, nil)),
	}
}

// run starts the hooks, also after a stop.
func (b *bench) run(specs ...Spec) {
	b.Helper()
	h, err := New(b.options(specs...))
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { h.Run(ctx) })
	b.hooks = h
	b.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	b.Cleanup(b.stop)
}

// arrive tells of paths that were sent to a target.
func (b *bench) arrive(paths ...string) {
	var list []Event
	for _, p := range paths {
		list = append(list, Event{Target: "rsync://h/www", Path: p, Kind: Sent, Time: time.Now()})
	}
	b.hooks.Arrived(list)
}

// until waits for a condition.
func (b *bench) until(what string, ok func() bool) {
	b.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			b.Fatalf("waited too long: %s\n%+v\n%s", what, b.hooks.Status(), b.log)
		}
		<-time.After(time.Millisecond) // between two looks
	}
}

// status is that of the only hook, or the first.
func (b *bench) status() control.HookStatus { return b.hooks.Status()[0] }

// delivered waits until so many events have been.
func (b *bench) delivered(n int64) {
	b.Helper()
	b.until(fmt.Sprint(n, " are delivered"), func() bool { return b.status().Delivered >= n })
}

// read returns the lines of a file.
func (b *bench) read(name string) []string {
	text, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

func self(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
