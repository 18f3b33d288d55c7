package instance

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/compare"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/rsync/rsyncd"
)

// fewOwed stands for the 100,000 changes that are remembered in earnest.
const fewOwed = 1500

// TestLongOutageIsRepairedByAScan: more changes than can be remembered collapse
// into a moment from which the tree is scanned.
func TestLongOutageIsRepairedByAScan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source, far := filepath.Join(dir, "source"), filepath.Join(dir, "far")
	must(t, os.Mkdir(source, 0o755), os.Mkdir(far, 0o755), os.Mkdir(filepath.Join(dir, "d"), 0o755))
	daemon, err := rsyncd.Start(rsyncd.Options{Dir: filepath.Join(dir, "d"), Modules: []rsyncd.Module{{Name: "far", Path: far}}})
	must(t, err)
	t.Cleanup(daemon.Stop)
	write := func(from, to int) {
		for i := from; i < to; i++ {
			must(t, os.MkdirAll(filepath.Join(source, fmt.Sprint("d", i%50)), 0o755),
				os.WriteFile(filepath.Join(source, fmt.Sprintf("d%d/f%d", i%50, i)), []byte(fmt.Sprint(i)), 0o644))
		}
	}
	write(0, 100)
	in := startModest(t, dir, source, daemon.URL("far"))
	eventually(t, "the full sync is done", func() bool { return in.status(time.Now()).State == control.Live })

	daemon.Stop()
	outage := time.Now()
	write(0, fewOwed*4/3)
	must(t, os.RemoveAll(filepath.Join(source, "d7")))
	one := in.targets()[0]
	eventually(t, "more is owed than can be remembered", func() bool {
		one.mu.Lock()
		defer one.mu.Unlock()
		if n := one.ledger.owed.Len(); n > fewOwed+1 {
			t.Fatalf("%d changes are remembered", n)
		}
		return one.ledger.scans.Len() > 0
	})
	must(t, in.save(true))
	if mark, err := in.store.Load(one.name); err != nil || mark.Upto.After(outage) {
		t.Errorf("the checkpoint is %s after the outage began: %v", mark.Upto.Sub(outage), err)
	}
	must(t, daemon.Restart())
	eventually(t, "everything is there", func() bool {
		diff, _, err := compare.Trees(source, far, compare.Options{Contents: true, Times: true, Max: 1})
		return err == nil && len(diff) == 0
	})
	if n := in.status(time.Now()).Targets[0].Counters.FullSyncs; n != 1 {
		t.Errorf("%d full syncs, want the first only", n)
	}
}

// startModest runs a module that remembers little until the test ends.
func startModest(t *testing.T, dir, source, url string) *instance {
	t.Helper()
	file := filepath.Join(dir, "www.yaml")
	must(t, os.WriteFile(file, []byte("watch: "+source+"\ntargets: ["+url+"]\n"), 0o600))
	module, err := config.LoadModule(file)
	must(t, err)
	home := filepath.Join(dir, "state")
	must(t, os.Mkdir(home, 0o755))
	in, err := newInstance(Options{
		Module: module, StateDir: dir, RunDir: dir, LogDir: dir, Drain: time.Second, Log: slog.New(slog.DiscardHandler),
	}, home)
	must(t, err)
	for _, one := range in.targets() {
		one.ledger = newLedger(time.Minute, fewOwed)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1) // the one result of run
	go func() { ended <- in.run(ctx) }()
	t.Cleanup(func() {
		stop()
		must(t, <-ended, in.runner.Close())
	})
	return in
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	deadline := time.NewTimer(2 * time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline.C:
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}
