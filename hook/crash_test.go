package hook

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// asMirror makes the test binary a process with a hook, which is killed.
const asMirror = "SYNCSVC_HOOK_CRASH"

// notebook is a teller that writes down what it is told, and fails at times.
type notebook struct{ out *os.File }

func (n *notebook) close() {}

func (n *notebook) tell(_ context.Context, _ string, events []Event) error {
	if rand.IntN(40) == 0 {
		return fmt.Errorf("not now")
	}
	var text string
	for _, e := range events {
		text += fmt.Sprintf("%s %d\n", e.Path, e.Count)
	}
	_, err := n.out.WriteString(text)
	return err
}

// mirrorProcess lets numbers arrive from the one after what is safe on, and says
// which are safe, until it is killed.
func mirrorProcess(dir string) int {
	out, err := os.OpenFile(filepath.Join(dir, "told"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		panic(err)
	}
	s := spec("http")
	s.Concurrency, s.Batch = 3, 4
	h, err := New(Options{Module: "www", Root: "/srv", Dir: filepath.Join(dir, "hooks"), Hooks: []Spec{s}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	h.lines[0].teller = &notebook{out}
	go h.Run(context.Background())
	fmt.Println(0) // it has begun
	from, err := strconv.ParseInt(os.Getenv("FROM"), 10, 64)
	if err != nil {
		panic(err)
	}
	for n := from; n < from+40; n++ {
		h.Arrived([]Event{{Path: fmt.Sprint(n % 7), Kind: Sent, Count: n}})
		if n%5 == 0 {
			if err := h.Flush(patience); err != nil {
				panic(err)
			}
			fmt.Println(n)
		}
	}
	select {} // until it is killed
}

// TestKilledAtAnyMomentTellsAllThatWasSafe kills a process again and again. What
// it said was safe is told in the end, that of each path in order.
func TestKilledAtAnyMomentTellsAllThatWasSafe(t *testing.T) {
	dir, safe := t.TempDir(), int64(0)
	for range 15 {
		safe = max(safe, runAndKill(t, dir, safe+1))
	}
	b := &bench{TB: t, dir: dir, log: &transcript{}}
	s := spec("http")
	out, err := os.OpenFile(filepath.Join(dir, "told"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	must(t, err)
	defer out.Close()
	h, err := New(b.options(s))
	must(t, err)
	h.lines[0].teller = &notebook{out}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { h.Run(ctx); close(ended) }()
	b.hooks = h
	must(t, h.Flush(patience))
	b.until("all is told", func() bool { return b.status().Waiting == 0 })
	cancel()
	<-ended
	checkTold(t, b.read("told"), safe)
}

// runAndKill returns up to which number everything was safe.
func runAndKill(t *testing.T, dir string, from int64) (safe int64) {
	t.Helper()
	cmd := exec.Command(self(t))
	cmd.Env = append(os.Environ(), asMirror+"="+dir, fmt.Sprintf("FROM=%d", from))
	cmd.Stderr = os.Stderr
	said, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewScanner(said)
	for begun := false; lines.Scan(); begun = true {
		if !begun {
			defer time.AfterFunc(time.Duration(rand.IntN(60))*time.Millisecond, func() { _ = cmd.Process.Kill() }).Stop()
		}
		n, err := strconv.ParseInt(lines.Text(), 10, 64)
		must(t, err)
		safe = n
	}
	_, _ = io.Copy(io.Discard, said)
	_ = cmd.Wait()
	return safe
}

func checkTold(t *testing.T, lines []string, safe int64) {
	t.Helper()
	told := make(map[int64]bool)
	highest := make(map[string]int64) // of each path, first told
	for _, line := range lines {
		path, text, _ := strings.Cut(line, " ")
		n, err := strconv.ParseInt(text, 10, 64)
		must(t, err)
		if !told[n] && n < highest[path] {
			t.Errorf("%d of path %s was first told after %d", n, path, highest[path])
		}
		told[n] = true
		highest[path] = max(highest[path], n)
	}
	for n := int64(1); n <= safe; n++ {
		if !told[n] {
			t.Fatalf("%d was safe (up to %d) and is not told", n, safe)
		}
	}
	t.Logf("%d lines, safe up to %d", len(lines), safe)
}
