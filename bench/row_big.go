package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	// bigSize is of the file that is being sent. It has holes: the limit is the
	// network, and the disk has other things to do.
	bigSize = 2 << 30
	// bigPace is in MiB a second.
	bigPace = 50
	// bigName is what it is called.
	bigName = "big"
)

// bigRow samples small changes while a big file is on its way.
func bigRow(ctx context.Context, b *bench) ([]line, error) {
	idle, meanwhile := make(book), make(book)
	for _, sys := range []system{lsyncd(0), b.ours()} {
		before, during, err := b.besideBig(ctx, sys)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", sys.name, err)
		}
		idle[sys.name], meanwhile[sys.name] = before, during
		b.say("big: %s: %s, then %s", sys.name, before, during)
	}
	cells := meanwhile.cells()
	for name := range cells {
		cells[name] += fmt.Sprintf(", idle %s", idle[name].median())
	}
	size := b.scale(bigSize)
	return []line{{
		work:  fmt.Sprintf("one file of 4 KB while %d MiB are sent at %d MiB/s, p50", size>>20, bigPace),
		cells: cells, claims: []claim{compared(meanwhile.number(nameSyncsvc), idle.number(nameSyncsvc), "x idle", 2)},
	}}, nil
}

func (b *bench) besideBig(ctx context.Context, sys system) (before, during series, err error) {
	c, err := b.enter(ctx, sys, wish{bwlimit: bigPace})
	if err != nil {
		return nil, nil, err
	}
	defer c.leave()
	n, size := b.scale(20), int64(b.scale(bigSize))
	if before, err = c.samples(ctx, b.filler, "idle", n, singleLimit, c.site.targets); err != nil {
		return nil, nil, err
	}
	if err := c.site.idle(ctx, c.quiet); err != nil {
		return nil, nil, err
	}
	if err := writeHole(filepath.Join(c.site.source, bigName), size); err != nil {
		return nil, nil, err
	}
	if err := c.underWay(ctx); err != nil {
		return nil, nil, err
	}
	// A system that sends one after the other has to be given up before the big
	// file is there.
	limit := time.Duration(size) * time.Second / (bigPace << 20) / 2
	if during, err = c.samples(ctx, b.filler, "meanwhile", n, limit, c.site.targets); err != nil {
		return nil, nil, err
	}
	if has(filepath.Join(c.site.targets[0], bigName), size) {
		return nil, nil, errors.New("the big file was there before the small ones were measured")
	}
	return before, during, nil
}

// underWay returns when a daemon has been at it for a fifth of a second.
func (c *contender) underWay(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	since := time.Now()
	for time.Since(since) < 200*time.Millisecond {
		if !c.site.busy() {
			since = time.Now()
		}
		if err := pause(ctx, idleStep); err != nil {
			return fmt.Errorf("wait for the transfer to begin: %w", err)
		}
	}
	return nil
}

// writeHole makes a file of zeros that takes no room.
func writeHole(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(size), f.Close())
}
