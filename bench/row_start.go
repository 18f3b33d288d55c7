package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// startLimit is for one start on the big tree.
const startLimit = 90 * time.Second

// startDelay is when the new file is written: after the process was started,
// and long before any system has looked at the whole tree.
const startDelay = 100 * time.Millisecond

// The keys of what this row collects besides the columns.
const (
	keyFanotify = "fanotify"
	keyFirst    = "first start"
)

// startRow starts systems on a big tree that is mirrored already, and waits for
// a file that is written meanwhile.
func startRow(ctx context.Context, b *bench) ([]line, error) {
	f, err := b.bigTree()
	if err != nil {
		return nil, err
	}
	k := make(book)
	begun := time.Now()
	if err := sendBare(ctx, f.site, ""); err != nil {
		return nil, err
	}
	k.add(nameBare, took{d: time.Since(begun)})
	b.say("start: bare rsync compares everything in %s", k[nameBare])
	if err := b.firstStart(ctx, f, k); err != nil {
		return nil, err
	}
	for round := range b.rounds(2) {
		begun := time.Now()
		if err := b.starts(ctx, f, k); err != nil {
			return nil, err
		}
		if !timeFor(ctx, time.Since(begun)) {
			b.say("no time for more than %d rounds", round+1)
			break
		}
	}
	return startLines(f, k), nil
}

// firstStart makes syncsvc remember the target.
func (b *bench) firstStart(ctx context.Context, f *forest, k book) error {
	c, t, err := b.arriveAtStart(ctx, f, b.ours(), wish{})
	if err != nil {
		return fmt.Errorf("first start: %w", err)
	}
	defer c.process.stop()
	k.add(keyFirst, t)
	var done control.WaitAnswer
	socket := control.Dial(control.Socket(filepath.Join(f.dir, "run"), moduleName))
	if err := socket.Get(ctx, "/v1/wait?upto=now&timeout=2m", &done); err != nil || !done.Done {
		return errors.Join(errors.New("the first full sync did not end"), err)
	}
	return nil
}

func (b *bench) starts(ctx context.Context, f *forest, k book) error {
	for _, s := range []struct {
		key string
		system
		wish
	}{{nameSyncsvc, b.ours(), wish{}}, {keyFanotify, b.ours(), wish{backend: "fanotify"}}, {nameLsyncd0, lsyncd(0), wish{}}} {
		c, t, err := b.arriveAtStart(ctx, f, s.system, s.wish)
		if err != nil {
			return fmt.Errorf("%s: %w", s.key, err)
		}
		k.add(s.key, t)
		// What the start has begun is not for the next one to finish.
		if s.name == nameSyncsvc {
			err = f.idle(ctx, time.Second)
		}
		c.process.stop()
		if err != nil {
			return err
		}
	}
	return nil
}

// arriveAtStart starts a system on the big tree and returns how long it takes
// from there until a new file arrives. The caller stops the process.
func (b *bench) arriveAtStart(ctx context.Context, f *forest, sys system, w wish) (*contender, took, error) {
	if err := b.calm(); err != nil {
		return nil, took{}, err
	}
	file := filepath.Join(f.middle(), fmt.Sprint("new", time.Now().UnixNano()))
	seen, err := watchFor(ctx, map[string]int64{filepath.Join(f.targets[0], file): smallFile}, startLimit)
	if err != nil {
		return nil, took{}, err
	}
	begun := time.Now()
	p, err := sys.start(f.site, w)
	if err != nil {
		seen.giveUp(0)
		_, _ = seen.wait()
		return nil, took{}, err
	}
	err = errors.Join(pause(ctx, startDelay), b.filler.write(filepath.Join(f.source, file), 0, smallFile))
	times, lost := seen.wait()
	if err = errors.Join(err, lost, p.alive()); err != nil {
		p.stop()
		return nil, took{}, err
	}
	t := slowest(times, 1, begun, startLimit)
	b.say("start: %s %s: a new file arrives after %s", sys.name, w.backend, t)
	return &contender{system: sys, site: f.site, process: p}, t, nil
}

func startLines(f *forest, k book) []line {
	cells := k.cells()
	theirs := k.number(nameLsyncd0)
	work := fmt.Sprintf("start on %d folders, %d files already mirrored, until a new file arrives: ", f.folders, f.files)
	return []line{{
		work: work + "inotify", cells: cells,
		claims: []claim{compared(k.number(nameSyncsvc), theirs, "x lsyncd delay=0", 0.2)},
		note: fmt.Sprintf("warm cache, a restart; the very first start, that compares everything, took syncsvc %s. "+
			"Bare rsync is one comparison of everything. The file is in the middle of the tree", k[keyFirst]),
	}, {
		work: work + "fanotify", cells: map[string]string{nameSyncsvc: cells[keyFanotify], nameLsyncd0: cells[nameLsyncd0]},
		claims: []claim{compared(k.number(keyFanotify), theirs, "x lsyncd delay=0", 0.2)},
	}}
}
