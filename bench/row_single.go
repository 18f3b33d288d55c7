package main

import (
	"context"
	"fmt"
	"time"
)

// singleLimit is when a single file is given up.
const singleLimit = 30 * time.Second

// singleRow has all systems at work on sites of their own, and changes one
// after the other: idle ones take no time from the one that is measured.
func singleRow(ctx context.Context, b *bench) ([]line, error) {
	small := newHeap("before", 10, 100)
	running := make(map[string]*contender)
	defer func() {
		for _, c := range running {
			c.leave()
		}
	}()
	for _, sys := range b.all() {
		c, err := b.enter(ctx, sys, wish{prepare: func(s *site) error { return small.plant(b.filler, s) }})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", sys.name, err)
		}
		running[sys.name] = c
	}
	k := make(book)
	rounds := b.scale(30)
	err := b.inTurns(ctx, rounds, b.all(), func(round int, sys system) error {
		c := running[sys.name]
		if err := c.site.idle(ctx, 100*time.Millisecond); err != nil {
			return err
		}
		t, err := c.sample(ctx, b.filler, fmt.Sprint("one", round), singleLimit, c.site.targets)
		if err == nil {
			k.add(sys.name, t)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	ours := k.number(nameSyncsvc)
	return []line{{
		work: "one file of 4 KB, idle: from close to arrival, p50", cells: k.cells(),
		claims: []claim{
			compared(ours, k.number(nameBare), "x bare rsync", 2),
			compared(ours, k.number(nameLsyncd0), "x lsyncd delay=0", 1.0/3),
		},
	}}, nil
}
