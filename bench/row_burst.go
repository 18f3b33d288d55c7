package main

import (
	"context"
	"fmt"
	"time"

	"github.com/syncsvc/syncsvc/compare"
)

// burstLimit is for writing and sending together.
const burstLimit = 60 * time.Second

// burstRow writes many small files at once. The floor writes them first, then
// sends all with one rsync.
func burstRow(ctx context.Context, b *bench) ([]line, error) {
	h := newHeap("burst", 100, b.scale(10_000))
	whole, written := make(book), make(book)
	err := b.inTurns(ctx, b.rounds(3), b.all(), func(_ int, sys system) error {
		wrote, all, err := b.burst(ctx, sys, h, 1)
		if err != nil {
			return err
		}
		b.say("burst: %s: written in %s, equal after %s", sys.name, wrote, all)
		whole.add(sys.name, all)
		written.add(sys.name, wrote)
		return nil
	})
	if err != nil {
		return nil, err
	}
	write := written[nameBare].median()
	bulk := whole.number(nameBare).v - write.d.Seconds()
	ours := whole.number(nameSyncsvc)
	rest := number{max(0, ours.v-write.d.Seconds()), ours.over}
	return []line{{
		work: fmt.Sprintf("burst: %d files of 4 KB in 100 new folders, until equal", len(h.files)), cells: whole.cells(),
		claims: []claim{
			compared(rest, number{v: bulk}, "x one bulk rsync, writing aside", 1.5),
			compared(ours, whole.number(nameLsyncd0), "x lsyncd delay=0", 0),
		},
		note: fmt.Sprintf("bare rsync is %s for writing and %s for one rsync of the finished tree", write, human(time.Duration(bulk*1e9))),
	}}, nil
}

// burst returns how long writing the heap took, and how long it took from the
// first write until all targets were equal.
func (b *bench) burst(ctx context.Context, sys system, h heap, targets int) (wrote, whole took, err error) {
	c, err := b.enter(ctx, sys, wish{targets: targets})
	if err != nil {
		return took{}, took{}, err
	}
	defer c.leave()
	if err := b.calm(); err != nil {
		return took{}, took{}, err
	}
	begun := time.Now()
	if err := h.write(b.filler, c.site.source); err != nil {
		return took{}, took{}, err
	}
	wrote = took{d: time.Since(begun)}
	whole, err = within(ctx, burstLimit, begun, func(ctx context.Context) error {
		if c.start == nil {
			return sendBare(ctx, c.site, "")
		}
		return nil
	})
	if err == nil && !whole.over {
		whole, err = c.untilEqual(ctx, begun, h)
	}
	return wrote, whole, err
}

// untilEqual waits for the last file, and proves that all are as they should
// be. It is the time of the last arrival when the proof succeeds at once.
func (c *contender) untilEqual(ctx context.Context, begun time.Time, h heap) (took, error) {
	var arrived took
	differs := false
	t, err := within(ctx, burstLimit, begun, func(ctx context.Context) error {
		for _, target := range c.site.targets {
			if err := until(ctx, burstLimit, h.beneath(target), isSmall); err != nil {
				return err
			}
		}
		arrived = took{d: time.Since(begun)}
		for _, target := range c.site.targets {
			for !alike(c.site.source, target) {
				differs = true
				if err := pause(ctx, 10*time.Millisecond); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil && !t.over && !differs {
		t = arrived
	}
	return t, err
}

func isSmall(path string) bool { return has(path, smallFile) }

// alike reads both trees. A tree that changes meanwhile is not alike.
func alike(source, target string) bool {
	_, count, err := compare.Trees(source, target, compare.Options{Contents: true, Times: true, Owners: true, Max: 1})
	return err == nil && count.Differences == 0
}
