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
	// capacityFirst and capacityMost are files a second: where the search
	// begins, and where it ends.
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
		ok, limited, err := b.steady(ctx, sys, rate)
		switch {
		case err != nil:
			return number{}, err
		case ok && (limited || rate >= capacityMost):
			return number{rate, true}, nil
		case limited:
			// The writer and the system got into each other's way; below, they may not.
			unsteady = rate
			rate /= 2
		case ok:
			steady = rate
			rate *= 2
		default:
			unsteady = rate
			rate /= 2
		}
		if rate < capacityLeast {
			return number{v: 0}, fmt.Errorf("not even %d files a second are steady", capacityLeast)
		}
	}
	for range b.rounds(capacityHalvings) {
		middle := math.Sqrt(steady * unsteady)
		ok, _, err := b.steady(ctx, sys, middle)
		if err != nil {
			return number{}, err
		}
		if ok {
			steady = middle
		} else {
			unsteady = middle
		}
	}
	return number{v: steady}, nil
}

// steady reports whether the lag at a rate does not grow, and whether the
// writer was too slow for the rate.
func (b *bench) steady(ctx context.Context, sys system, rate float64) (ok, limited bool, err error) {
	span := 6 * time.Second
	if b.quick {
		span = 2 * time.Second
	}
	f, err := b.flow(ctx, sys, newStream(int(rate), span), capacityPatience)
	if err != nil {
		return false, false, err
	}
	quarter := len(f.lags) / 4
	early, late := f.lags[quarter:2*quarter].median(), f.lags[3*quarter:].median()
	ok = !f.lags.at(1).over && late.d <= early.d+early.d/4+capacitySlack
	limited = f.achieved < 0.9*rate
	b.say("capacity: %s at %.0f a second (%.0f achieved): lag %s, then %s: steady %t", sys.name, rate, f.achieved, early, late, ok)
	return ok, limited, nil
}
