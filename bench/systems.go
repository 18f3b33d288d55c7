package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// The names of the systems are the columns of the table.
const (
	nameBare    = "bare rsync"
	nameLoop    = "inotifywait loop"
	nameLsyncd1 = "lsyncd delay=1"
	nameLsyncd0 = "lsyncd delay=0"
	nameSyncsvc = "syncsvc"
)

// system is one way of keeping targets like a source.
type system struct {
	name string
	// quiet is for how long nothing must have been sent to be sure that nothing
	// is waiting.
	quiet time.Duration
	// start begins to mirror a site; nil is the floor: somebody runs rsync.
	start func(s *site, w wish) (*process, error)
}

// wish is what a row wants of a system beyond mirroring.
type wish struct {
	targets int    // 0 is one
	bwlimit int    // MiB a second for each rsync; 0 is no limit
	backend string // of syncsvc; "" is inotify
	// prepare fills the site before the system starts.
	prepare func(*site) error
}

func bare() system { return system{name: nameBare} }

func loop() system {
	return system{name: nameLoop, quiet: 200 * time.Millisecond, start: startLoop}
}

func lsyncd(delay int) system {
	name := nameLsyncd0
	if delay == 1 {
		name = nameLsyncd1
	}
	return system{
		name: name, quiet: time.Duration(delay)*time.Second + 200*time.Millisecond,
		start: func(s *site, w wish) (*process, error) { return startLsyncd(s, w, delay) },
	}
}

func (b *bench) ours() system {
	return system{
		name: nameSyncsvc, quiet: 200 * time.Millisecond,
		start: func(s *site, w wish) (*process, error) { return startSyncsvc(b.syncsvc, s, w) },
	}
}

// all are the systems in the order of the columns.
func (b *bench) all() []system {
	return []system{bare(), loop(), lsyncd(1), lsyncd(0), b.ours()}
}

// contender is a system at work on a site.
type contender struct {
	system
	site    *site
	process *process // nil for bare rsync
}

// enter makes a site of its own for a system and returns when changes arrive.
// The caller lets it leave.
func (b *bench) enter(ctx context.Context, sys system, w wish) (*contender, error) {
	s, err := newSite(b.dir, max(1, w.targets))
	if err != nil {
		return nil, err
	}
	c := &contender{system: sys, site: s}
	if w.prepare != nil {
		err = w.prepare(s)
	}
	if err == nil {
		err = c.begin(ctx, w)
	}
	if err != nil {
		c.leave()
		return nil, err
	}
	return c, nil
}

// leave stops the system and removes its site.
func (c *contender) leave() {
	if c.process != nil {
		c.process.stop()
	}
	c.site.close()
}

func (c *contender) begin(ctx context.Context, w wish) error {
	if c.start == nil {
		return nil
	}
	var err error
	if c.process, err = c.start(c.site, w); err != nil {
		return err
	}
	return c.live(ctx)
}

// probeEvery is how often a new file asks whether the system is there yet. What
// is written before watches are set may never be noticed.
const probeEvery = 250 * time.Millisecond

// livePatience is for small trees.
const livePatience = 90 * time.Second

// live returns when new files arrive on all targets and nothing is sent any
// more.
func (c *contender) live(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, livePatience)
	defer cancel()
	for n := 0; ; n++ {
		name := fmt.Sprint("probe", n)
		if err := os.WriteFile(filepath.Join(c.site.source, name), []byte(name), 0o644); err != nil {
			return fmt.Errorf("write a probe: %w", err)
		}
		err := until(ctx, probeEvery, c.site.onTargets(name), isThere)
		if err == nil {
			return c.site.idle(ctx, c.quiet)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("no change arrived for %s: %w", livePatience, err)
		}
		if err := c.process.alive(); err != nil {
			return err
		}
	}
}

// onTargets is where a path of the source lies on every target.
func (s *site) onTargets(path string) []string {
	var paths []string
	for _, t := range s.targets {
		paths = append(paths, filepath.Join(t, path))
	}
	return paths
}
