package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// removeLimit is for removing on both sides.
const removeLimit = 60 * time.Second

// removeRow removes a folder with many files that are on both sides.
func removeRow(ctx context.Context, b *bench) ([]line, error) {
	h := newHeap("doomed", 100, b.scale(10_000))
	k := make(book)
	err := b.inTurns(ctx, b.rounds(3), b.all(), func(_ int, sys system) error {
		t, err := b.removal(ctx, sys, h)
		if err != nil {
			return err
		}
		b.say("remove: %s: %s", sys.name, t)
		k.add(sys.name, t)
		return nil
	})
	if err != nil {
		return nil, err
	}
	ours := k.number(nameSyncsvc)
	return []line{{
		work: fmt.Sprintf("rm -rf of %d files, until gone", len(h.files)), cells: k.cells(),
		claims: []claim{
			compared(ours, k.number(nameLsyncd0), "x lsyncd delay=0", 1),
			compared(ours, k.number(nameBare), "x removing, then one rsync", 0),
		},
	}}, nil
}

// removal returns the time from the first file removed until the folder is
// gone on the target.
func (b *bench) removal(ctx context.Context, sys system, h heap) (took, error) {
	c, err := b.enter(ctx, sys, wish{prepare: func(s *site) error { return h.plant(b.filler, s) }})
	if err != nil {
		return took{}, err
	}
	defer c.leave()
	if err := b.calm(); err != nil {
		return took{}, err
	}
	begun := time.Now()
	if err := os.RemoveAll(filepath.Join(c.site.source, h.top)); err != nil {
		return took{}, err
	}
	return within(ctx, removeLimit, begun, func(ctx context.Context) error {
		if c.start == nil {
			if err := sendBare(ctx, c.site, ""); err != nil {
				return err
			}
		}
		// The top goes last, as nothing else makes a folder empty.
		return until(ctx, removeLimit, c.site.onTargets(h.top), isGone)
	})
}
