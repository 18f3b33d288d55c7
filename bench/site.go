package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/syncsvc/syncsvc/rsync/rsyncd"
)

// daemonModule is what the one module of each daemon is called.
const daemonModule = "m"

// site is a source with its targets, each behind a daemon of its own.
type site struct {
	dir     string // everything of it, and what a system needs to run
	source  string
	targets []string
	daemons []*rsyncd.Daemon
}

// newSite makes an empty source with n empty targets. The caller closes it.
func newSite(parent string, n int) (*site, error) {
	dir, err := os.MkdirTemp(parent, "site-")
	if err != nil {
		return nil, fmt.Errorf("make a site: %w", err)
	}
	// The name of the source says which site it is, for the loop's pattern.
	s := &site{dir: dir, source: filepath.Join(dir, "source")}
	if err := os.Mkdir(s.source, 0o755); err != nil {
		return nil, fmt.Errorf("make a source: %w", err)
	}
	for i := range n {
		if err := s.addTarget(i); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

func (s *site) addTarget(i int) error {
	target := filepath.Join(s.dir, fmt.Sprint("target", i+1))
	home := filepath.Join(s.dir, fmt.Sprint("rsyncd", i+1))
	for _, dir := range []string{target, home} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return fmt.Errorf("make a target: %w", err)
		}
	}
	d, err := rsyncd.Start(rsyncd.Options{
		Dir: home, Modules: []rsyncd.Module{{Name: daemonModule, Path: target}},
		// Takes back the TCP_NODELAY that rsyncd sets: a stock daemon has none.
		Global: []string{"socket options ="},
	})
	if err != nil {
		return fmt.Errorf("start a throw-away rsync daemon: %w", err)
	}
	s.targets = append(s.targets, target)
	s.daemons = append(s.daemons, d)
	return nil
}

// url is how the target i is reached.
func (s *site) url(i int) string { return s.daemons[i].URL(daemonModule) }

func (s *site) close() {
	for _, d := range s.daemons {
		d.Kill()
	}
	_ = removeAll(s.dir)
}

// busy reports whether a daemon serves somebody.
func (s *site) busy() bool {
	for _, d := range s.daemons {
		if companions(d.Pid()) > 0 {
			return true
		}
	}
	return false
}

// idleStep is how often the daemons are looked at. It takes milliseconds of a
// processor, so it is not done during a measurement.
const idleStep = 25 * time.Millisecond

// idle returns when no daemon has served anybody for the time quiet.
func (s *site) idle(ctx context.Context, quiet time.Duration) error {
	since := time.Now()
	for time.Since(since) < quiet {
		if s.busy() {
			since = time.Now()
		}
		if err := pause(ctx, idleStep); err != nil {
			return fmt.Errorf("wait until nothing is sent: %w", err)
		}
	}
	return nil
}

// pause waits for d, or until ctx ends, which is an error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
