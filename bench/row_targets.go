package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

const (
	// targetsLimit is for one measurement.
	targetsLimit = 60 * time.Second
	// targetsPace is in MiB a second for each rsync: the work waits for the
	// network and not for the processors.
	targetsPace = 5
	// targetsFile is the size of a file of that work.
	targetsFile = 512 << 10
)

// targetsRow sends the same to three targets at once, and to one alone: once
// with a limit that leaves the processors free, once without.
func targetsRow(ctx context.Context, b *bench) ([]line, error) {
	paced, err := b.threeToOne(ctx, fmt.Sprintf("3 targets at %d MiB/s each, until all are equal", targetsPace), 1.3, b.paced)
	if err != nil {
		return nil, err
	}
	h := newHeap("burst", 20, b.scale(2000))
	free, err := b.threeToOne(ctx, fmt.Sprintf("3 targets on the same processors: %d files of 4 KB", len(h.files)), 0,
		func(ctx context.Context, sys system, targets int) (took, error) {
			_, whole, err := b.burst(ctx, sys, h, targets)
			return whole, err
		})
	if err != nil {
		return nil, err
	}
	return []line{paced, free}, nil
}

// threeToOne measures a work with one target, as often as there are to be, and
// with three.
func (b *bench) threeToOne(ctx context.Context, work string, reach float64, measure func(context.Context, system, int) (took, error)) (line, error) {
	alone, together := make(book), make(book)
	cells := make(map[string]string)
	for _, sys := range []system{lsyncd(0), b.ours()} {
		for range b.rounds(3) {
			one, err := measure(ctx, sys, 1)
			if err != nil {
				return line{}, fmt.Errorf("%s: %w", sys.name, err)
			}
			alone.add(sys.name, one)
		}
		for range b.rounds(2) {
			three, err := measure(ctx, sys, 3)
			if err != nil {
				return line{}, fmt.Errorf("%s: 3 targets: %w", sys.name, err)
			}
			together.add(sys.name, three)
		}
		cells[sys.name] = fmt.Sprintf("%s, slowest alone %s", together[sys.name].median(), alone[sys.name].at(1))
		b.say("targets: %s: %s", sys.name, cells[sys.name])
	}
	slowest := alone[nameSyncsvc].at(1).number()
	return line{
		work: work, cells: cells,
		claims: []claim{compared(together.number(nameSyncsvc), slowest, "x the slowest alone", reach)},
	}, nil
}

// paced sends some files at a limited pace.
func (b *bench) paced(ctx context.Context, sys system, targets int) (took, error) {
	c, err := b.enter(ctx, sys, wish{targets: targets, bwlimit: targetsPace})
	if err != nil {
		return took{}, err
	}
	defer c.leave()
	begun := time.Now()
	var paths []string
	for i := range b.scale(40) {
		name := fmt.Sprint("paced", i)
		if err := b.filler.write(filepath.Join(c.site.source, name), i, targetsFile); err != nil {
			return took{}, err
		}
		paths = append(paths, c.site.onTargets(name)...)
	}
	t, err := within(ctx, targetsLimit, begun, func(ctx context.Context) error {
		return until(ctx, targetsLimit, paths, func(path string) bool { return has(path, targetsFile) })
	})
	if err == nil && t.over {
		err = errors.New("a limited transfer did not end")
	}
	return t, err
}
