package supervisor

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/child"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// keptAs makes the test binary a child with a certain fate.
const keptAs = "SYNCSVC_TEST_KEPT_AS"

// TestAsKeptChild is no test: the test binary runs it when it is a child.
func TestAsKeptChild(t *testing.T) {
	fate := os.Getenv(keptAs)
	if fate == "" {
		t.Skip("only in a child")
	}
	link, err := control.LinkFromEnv()
	if err != nil || link == nil {
		os.Exit(1)
	}
	terminated := make(chan os.Signal, 1) // 1: the signal may come before anybody listens
	signal.Notify(terminated, syscall.SIGTERM)
	fmt.Println(`{"level":"INFO","msg":"child begins"}`)
	switch fate {
	case "good":
		os.Exit(beatUntil(link, terminated))
	case "stuck":
		beatOnce(link)
		select {}
	case "panic":
		panic("there is no room for it")
	case "config":
		fmt.Println("syncsvc: 1 problem in /etc/syncsvc/conf.d/www.yaml\n/etc/syncsvc/conf.d/www.yaml:3:1: unknown key \"targte\"")
		os.Exit(exitConfig)
	case "refuse":
		fmt.Println("syncsvc: module \"www\": already running\nhint: see which with: fuser lock")
		os.Exit(1)
	case "greedy":
		hoard(link, terminated)
	}
	os.Exit(0)
}

func beatOnce(link *control.Link) {
	_ = link.Send(control.Message{Beat: &control.Beat{Loops: 1}})
	_ = link.Send(control.Message{Ready: "armed"})
}

func beatUntil(link *control.Link, terminated <-chan os.Signal) int {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		beatOnce(link)
		select {
		case <-terminated:
			return 0
		case <-tick.C:
		}
	}
}

// hoard takes 64 MB and keeps it.
func hoard(link *control.Link, terminated <-chan os.Signal) {
	b := []byte(strings.Repeat("x", 64<<20))
	beatUntil(link, terminated)
	b[0]++
}

// ward is a keeper under test.
type ward struct {
	*testing.T
	*keeper
	home    string
	starter *child.Starter
	end     func()

	mu     sync.Mutex
	fate   string
	lines  []string
	events []control.Event
}

// keep makes a keeper whose child has a fate, and runs it. After "FATE once", it
// is good from its second life on.
func keep(t *testing.T, fate string, change func(*keeperOptions)) *ward {
	t.Helper()
	dir := t.TempDir()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	starter, err := child.Open(t.Context(), child.Options{StateDir: dir, Plain: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	w := &ward{T: t, home: filepath.Join(dir, "www"), starter: starter, fate: fate}
	o := keeperOptions{
		Name: "www", Home: w.home, Starter: starter, Log: log, Drain: time.Second,
		Module:  &config.Module{Name: "www", File: "/etc/syncsvc/conf.d/www.yaml"},
		Command: w.command, Output: w.output, Event: w.event,
	}
	if change != nil {
		change(&o)
	}
	w.keeper = newKeeper(o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { w.run(ctx); close(ended) }()
	w.end = func() { cancel(); <-ended }
	t.Cleanup(func() { w.end(); starter.Close() })
	return w
}

func (w *ward) command(*config.Module) *exec.Cmd {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := exec.Command(os.Args[0], "-test.run=^TestAsKeptChild$")
	fate, once := strings.CutSuffix(w.fate, " once")
	if once {
		w.fate = "good"
	}
	c.Env = append(os.Environ(), keptAs+"="+fate)
	return c
}

func (w *ward) output(line []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, string(line))
}

func (w *ward) event(e control.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

func (w *ward) setFate(fate string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fate = fate
}

func (w *ward) until(what string, is func(keeperStatus) bool) keeperStatus {
	w.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		s := w.status()
		if is(s) {
			return s
		}
		select {
		case <-deadline.C:
			w.Fatalf("waited in vain until %s: %+v", what, s)
		case <-tick.C:
		}
	}
}

func (w *ward) untilState(state control.State) keeperStatus {
	w.Helper()
	return w.until("it is "+string(state), func(s keeperStatus) bool { return s.State == state })
}

// untilDead waits for the first death.
func (w *ward) untilDead() control.Death {
	w.Helper()
	return w.until("it died", func(s keeperStatus) bool { return len(s.Deaths) > 0 }).Deaths[0]
}
