package main

import (
	"context"
	"fmt"
	"time"
)

// hungReach is the noise that "costs the others nothing" is granted.
const hungReach = 1.25

// hungRow freezes the daemon of one target of three and looks at what small
// changes to the others cost.
func hungRow(ctx context.Context, b *bench) ([]line, error) {
	healthy, hung := make(book), make(book)
	for _, sys := range []system{lsyncd(0), b.ours()} {
		before, after, err := b.freeze(ctx, sys)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", sys.name, err)
		}
		healthy[sys.name], hung[sys.name] = before, after
		b.say("hung: %s: %s, then %s", sys.name, before, after)
	}
	cells := hung.cells()
	for name := range cells {
		cells[name] += fmt.Sprintf(", before %s", healthy[name].median())
	}
	ours := compared(hung.number(nameSyncsvc), healthy.number(nameSyncsvc), "x with none hung", hungReach)
	return []line{{
		work: "one of 3 targets hangs: one file of 4 KB to the others, p50", cells: cells, claims: []claim{ours},
	}}, nil
}

// freeze samples the first two targets before and while the third hangs.
func (b *bench) freeze(ctx context.Context, sys system) (before, after series, err error) {
	c, err := b.enter(ctx, sys, wish{targets: 3})
	if err != nil {
		return nil, nil, err
	}
	defer c.leave()
	n := b.scale(30)
	if before, err = c.samples(ctx, b.filler, "healthy", n, singleLimit, c.site.targets[:2]); err != nil {
		return nil, nil, err
	}
	if err := c.site.idle(ctx, c.quiet); err != nil {
		return nil, nil, err
	}
	c.site.daemons[2].Pause()
	defer c.site.daemons[2].Resume()
	// The first change is what gets stuck.
	if _, err := c.sample(ctx, b.filler, "stuck", singleLimit, c.site.targets[:2]); err != nil {
		return nil, nil, err
	}
	if err := pause(ctx, time.Second); err != nil {
		return nil, nil, err
	}
	after, err = c.samples(ctx, b.filler, "hung", n, singleLimit, c.site.targets[:2])
	return before, after, err
}
