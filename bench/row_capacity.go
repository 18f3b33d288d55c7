package main

import (
	"context"
	"fmt"
	"math"
	"time"
)

const (
	// capacityPatience is how long the last file of a rate may take.
	capacityPatience = 10 * time.Second
	// capacitySlack is by how much the lag may rise between the second and the
	// last quarter, beside a quarter of itself, to be called steady.
	capacitySlack = 100 * time.Millisecond
	// capacityFirst, capacityMost and capacityLeast are files a second: where
	// the search begins, and where it ends.
	capacityFirst, capacityMost, capacityLeast = 1000, 16_000, 50
	// capacityHalvings is how often the interval of a factor of 2 is halved: the
	// result is exact to a factor of 2^(1/4).
	capacityHalvings = 2
)

// capacityRow looks for the highest rate at which the lag does not grow.
func capacityRow(ctx context.Context, b *bench) ([]line, error) {
	cells, found := make(map[string]string), make(map[string]number)
	for _, sys := range []system{lsyncd(0), b.ours()} {
		n, err := b.capacity(ctx, sys)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", sys.name, err)
		}
		found[sys.name] = n
		cells[sys.name] = fmt.Sprintf("%.0f files/s", n.v)
		if n.over {
			cells[sys.name] = "≥ " + cells[sys.name]
		}
	}
	c := compared(found[nameSyncsvc], found[nameLsyncd0], "x lsyncd delay=0", 1.5)
	c.least = true
	return []line{{
		work: "highest rate of files of 10–100 KB without growing lag", cells: cells, claims: []claim{c},
		note: "the rate is doubled or halved from 1,000 a second, then narrowed to a factor of 1.2; \"≥\" where the writer, on the same processors, was slower than the system",
	}}, nil
}

// capacity doubles or halves the rate until the system changes its mind, then
// narrows it down. It is over when the writer could not do more.
func (b *bench) capacity(ctx context.Context, sys system) (number, error) {
	steady, unsteady := 0.0, 0.0
	for rate := float64(capacityFirst); steady == 0 || unsteady == 0; {
		if rate < capacityLeast {
			return number{}, fmt.Errorf("not even %d files a second are steady", capacityLeast)
		}
		t, err := b.try(ctx, sys, rate)
		switch {
		case err != nil:
			return number{}, err
		case !t.steady:
			unsteady, rate = rate, rate/2
		case t.limited():
			return number{t.achieved, true}, nil
		case rate >= capacityMost:
			return number{rate, true}, nil
		default:
			steady, rate = rate, rate*2
		}
	}
	for range b.rounds(capacityHalvings) {
		middle := math.Sqrt(steady * unsteady)
		t, err := b.try(ctx, sys, middle)
		switch {
		case err != nil:
			return number{}, err
		case !t.steady:
			unsteady = middle
		case t.limited():
			return number{t.achieved, true}, nil
		default:
			steady = middle
		}
	}
	return number{v: steady}, nil
}

// trial is what came of a rate.
type trial struct {
	rate, achieved float64
	steady         bool // the lag did not grow
}

// limited says that the writer was too slow for the rate.
func (t trial) limited() bool { return t.achieved < 0.9*t.rate }

// try tells whether the lag grows at a rate.
func (b *bench) try(ctx context.Context, sys system, rate float64) (trial, error) {
	span := 6 * time.Second
	if b.quick {
		span = time.Second
	}
	f, err := b.flow(ctx, sys, newStream(int(rate), span), capacityPatience)
	if err != nil {
		return trial{}, err
	}
	quarter := len(f.lags) / 4
	early, late := f.lags[quarter:2*quarter].median(), f.lags[3*quarter:].median()
	t := trial{rate: rate, achieved: f.achieved}
	t.steady = !f.lags.at(1).over && late.d <= early.d+early.d/4+capacitySlack
	b.say("capacity: %s at %.0f a second (%.0f achieved): lag %s, then %s: steady %t", sys.name, rate, f.achieved, early, late, t.steady)
	return t, nil
}
