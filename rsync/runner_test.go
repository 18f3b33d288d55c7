package rsync

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// script makes an executable that runs in place of rsync.
func script(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rsync")
	writeProgram(t, file, "#!/bin/sh\n"+text+"\n")
	return file
}

// writeProgram makes a file that can be run at once. What another test forks
// meanwhile would have it open for writing until it becomes another program, and
// then it is "text file busy".
func writeProgram(t *testing.T, file, text string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestEndOfContextStopsRsync(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("big=" + strings.Repeat("0123456789abcdef", 1<<20))
	target := w.local()
	target.BWLimit = 1 << 20
	why := errors.New("the target is back")
	ctx, cancel := context.WithCancelCause(context.Background())
	j := w.flat("big")
	j.Progress = &Progress{}
	w.runner.patience.beat = 5 * time.Millisecond
	done := make(chan Result, 1)
	go func() { done <- w.runner.Run(ctx, target, j) }()
	eventually(t, "bytes to move", func() bool { return j.Progress.Bytes() > 1<<20 })
	if j.Progress.Last().IsZero() {
		t.Error("bytes moved at no time")
	}
	cancel(why)
	r := <-done
	if r.Class != Killed || r.Reason != why.Error() {
		t.Errorf("%s: %q, want killed: %q", r.Class, r.Reason, why)
	}
	if pids := running(w.dst); len(pids) > 0 {
		t.Errorf("still running: %v", pids)
	}
	w.holds() // no temporary file
}

func TestRsyncThatWillNotEndIsKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.runner.patience.term = 10 * time.Millisecond
	target := w.local()
	mark := filepath.Join(t.TempDir(), "started")
	target.Program = script(t, `trap '' TERM; touch '`+mark+`'; while :; do sleep 1; done`)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan Result, 1)
	go func() { done <- w.runner.Run(ctx, target, w.flat("f")) }()
	eventually(t, "the script to start", func() bool { _, err := os.Stat(mark); return err == nil })
	cancel()
	if r := <-done; r.Class != Killed || r.Code != -1 {
		t.Errorf("%s, code %d, want killed, -1", r.Class, r.Code)
	}
	if pids := running(target.Program); len(pids) > 0 {
		t.Errorf("still running: %v", pids)
	}
}

func TestRunThatMovesNothingIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.runner.patience.beat, w.runner.patience.stall = 5*time.Millisecond, 10*time.Millisecond
	target := w.local()
	target.Timeout = 100 * time.Millisecond
	target.Program = script(t, `exec sleep 600`)
	r := w.run(target, w.flat("f"), Away)
	if !strings.Contains(r.Reason, "stalled") {
		t.Errorf("reason %q, want stalled", r.Reason)
	}
}

// TestFifoWhereAFileWas: rsync opens it and would wait for a writer.
func TestFifoWhereAFileWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	target := w.local()
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	target.Program = script(t, `exec cat '`+fifo+`'`)
	w.runner.patience.beat = 5 * time.Millisecond
	if r := w.runner.Run(context.Background(), target, w.flat("f")); r.Class != Killed || r.Reason != errFifo.Error() {
		t.Errorf("%s: %q, want killed: %q", r.Class, r.Reason, errFifo)
	}
}

func TestSuccessHasToBeShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const sum = "echo; echo 'sent 10 bytes  received 10 bytes  20.00 bytes/sec'; "
	for name, c := range map[string]struct {
		script string
		want   Class
	}{
		"nothing printed":       {"exit 0", Unknown},
		"summary":               {sum + "exit 0", Done},
		"dry run":               {sum + "echo 'total size is 2  speedup is 0.02 (DRY RUN)'; exit 0", Unknown},
		"unexplained complaint": {sum + "echo 'rsync: something new' >&2; exit 0", Partial},
		"any line on stderr":    {sum + "echo 'oops' >&2; exit 0", Partial},
		"23 without a path":     {sum + "exit 23", Partial},
		"24 without a path":     {sum + "exit 24", Partial},
		"23 without a summary":  {"exit 23", Unknown},
		"25 without a number":   {sum + "exit 25", Limit},
		"a path of another job": {sum + `echo 'rsync: [receiver] mkstemp "x/.y.ABCDEF" (in m) failed: Permission denied (13)' >&2; exit 23`, Partial},
		"foreign signal":        {"kill -9 $$", Unknown},
		"unheard-of code":       {"exit 99", Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			target := w.target()
			target.Program = script(t, "cat >/dev/null; "+c.script)
			r := w.run(target, w.flat("f"), c.want)
			if c.want == Partial && (len(r.Failed) != 1 || r.Failed[0].Path != "") {
				t.Errorf("failed %+v, want one failure without a path", r.Failed)
			}
			if r.Reason == "" && c.want != Done {
				t.Error("no reason")
			}
		})
	}
}

func TestClosedRunnerRunsNothing(t *testing.T) {
	w := newWorld(t)
	w.write("f=1")
	for range 2 {
		if err := w.runner.Close(); err != nil {
			t.Error(err)
		}
	}
	w.run(w.target(), w.flat("f"), Killed)
	w.holds()
}

func TestEndedContextRunsNothing(t *testing.T) {
	w := newWorld(t)
	w.write("f=1")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r := w.runner.Run(ctx, w.target(), w.flat("f")); r.Class != Killed {
		t.Errorf("%s, want killed", r.Class)
	}
	w.holds()
}

func TestRsyncDiesWithUs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("big=" + strings.Repeat("0123456789abcdef", 1<<20))
	victim := exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), "VICTIM_SRC="+w.src, "VICTIM_DST="+w.dst)
	w.must(victim.Start())
	// Sender, generator and receiver.
	eventually(t, "rsync to run", func() bool { return len(running(w.dst+"/")) >= 3 })
	w.must(victim.Process.Kill())
	_ = victim.Wait()
	eventually(t, "rsync to be gone", func() bool { return len(running(w.dst+"/")) == 0 })
	w.holds() // no temporary file
}

func TestSecretsStayOutOfTheEnvironment(t *testing.T) {
	t.Setenv("RSYNC_PASSWORD", "secret")
	t.Setenv("RSYNC_RSH", "touch /tmp/x")
	t.Setenv("LC_ALL", "de_DE")
	for _, e := range environment(os.LookupEnv) {
		if strings.HasPrefix(e, "RSYNC") || strings.HasPrefix(e, "LC_ALL=d") {
			t.Errorf("environment has %s", e)
		}
	}
}
