package main

import (
	"context"
	"fmt"
	"time"
)

// ratePatience is how long the last file may take.
const ratePatience = 30 * time.Second

// rateRow writes at a steady rate and looks at how late files are. Those that
// keep up with it least are measured once.
func rateRow(ctx context.Context, b *bench) ([]line, error) {
	span := 10 * time.Second
	if b.quick {
		span /= 10
	}
	s := newStream(1000, span)
	p50, p99 := make(book), make(book)
	measure := func(_ int, sys system) error {
		f, err := b.flow(ctx, sys, s, ratePatience)
		if err != nil {
			return err
		}
		b.say("rate: %s: p50 %s, p99 %s, written at %.0f a second", sys.name, f.lags.median(), f.lags.at(0.99), f.achieved)
		p50.add(sys.name, f.lags.median())
		p99.add(sys.name, f.lags.at(0.99))
		return nil
	}
	if err := b.inTurns(ctx, 1, []system{loop(), lsyncd(1)}, measure); err != nil {
		return nil, err
	}
	if err := b.inTurns(ctx, b.rounds(3), []system{lsyncd(0), b.ours()}, measure); err != nil {
		return nil, err
	}
	cells := p99.cells()
	for name := range cells {
		cells[name] += fmt.Sprintf(", p50 %s", p50[name].median())
	}
	return []line{{
		work: fmt.Sprintf("1000 files/s of 10–100 KB for %s: lag p99", span), cells: cells,
		claims: []claim{compared(p99.number(nameSyncsvc), p99.number(nameLsyncd0), "x lsyncd delay=0", 0.5)},
	}}, nil
}
