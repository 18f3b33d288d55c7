package supervisor

import (
	"context"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/syncsvc/syncsvc/child"
	"github.com/syncsvc/syncsvc/config"
)

// TestManyChildrenStartRunAndStop does so with 300 small children; package
// isolation has real ones.
func TestManyChildrenStartRunAndStop(t *testing.T) {
	for _, plain := range []bool{false, true} {
		t.Run(fmt.Sprintf("plain=%v", plain), func(t *testing.T) { keepMany(t, 300, plain) })
	}
}

func keepMany(t *testing.T, many int, plain bool) {
	log := slog.New(slog.DiscardHandler)
	dir := t.TempDir()
	starter, err := child.Open(t.Context(), child.Options{StateDir: dir, Plain: plain, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer starter.Close()
	sleep := func(*config.Module) *exec.Cmd { return exec.Command("sleep", "1000") }
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var running sync.WaitGroup
	var keepers []*keeper
	for i := range many {
		name := fmt.Sprintf("m%d", i)
		k := newKeeper(keeperOptions{
			Name: name, Home: filepath.Join(dir, name), Module: &config.Module{Name: name},
			Starter: starter, Command: sleep, Log: log,
		})
		keepers = append(keepers, k)
		running.Go(func() { k.run(ctx) })
	}
	pids := map[int]bool{}
	for _, k := range keepers {
		w := &ward{T: t, keeper: k}
		pids[w.until("it runs", func(s keeperStatus) bool { return s.Pid != 0 }).Pid] = true
	}
	if len(pids) != many {
		t.Errorf("%d processes for %d modules", len(pids), many)
	}
	cancel()
	running.Wait()
	for pid := range pids {
		if syscall.Kill(pid, 0) == nil {
			t.Errorf("process %d is left", pid)
		}
	}
}
