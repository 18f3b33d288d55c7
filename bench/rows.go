package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// row is one kind of work. It gives one or more lines of the table.
type row struct {
	name  string
	limit time.Duration // for the whole of it
	run   func(context.Context, *bench) ([]line, error)
}

// rows are all kinds of work, in the order of the table. The last ones share
// the big tree.
func rows() []row {
	return []row{
		{"single", 6 * time.Minute, singleRow},
		{"burst", 4 * time.Minute, burstRow},
		{"rate", 4 * time.Minute, rateRow},
		{"capacity", 5 * time.Minute, capacityRow},
		{"remove", 3 * time.Minute, removeRow},
		{"targets", 3 * time.Minute, targetsRow},
		{"hung", 2 * time.Minute, hungRow},
		{"big", 3 * time.Minute, bigRow},
		{"start", 8 * time.Minute, startRow},
		{"memory", 4 * time.Minute, memoryRow},
	}
}

// choose returns the rows named in a list with commas; all for "".
func choose(only string) ([]row, error) {
	all := rows()
	if only == "" {
		return all, nil
	}
	var chosen []row
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(all, func(r row) bool { return r.name == strings.TrimSpace(name) })
		if i < 0 {
			return nil, fmt.Errorf("no row is called %q\nhint: bench -help lists them", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// measure fills the table row by row. A row that fails leaves a line that says
// so, and the others go on.
func (b *bench) measure(ctx context.Context, chosen []row) (table, bool) {
	var t table
	failed := false
	for _, r := range chosen {
		b.say("%s", r.name)
		lines, err := b.one(ctx, r)
		if err != nil {
			failed = true
			b.say("%s: %v", r.name, err)
			lines = append(lines, line{work: r.name, note: "not measured: " + firstLine(err.Error())})
		}
		t.lines = append(t.lines, lines...)
	}
	return t, failed
}

func (b *bench) one(ctx context.Context, r row) ([]line, error) {
	ctx, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return r.run(ctx, b)
}

// inTurns measures every system, rounds times. Each round begins with another
// one, so that what the machine does meanwhile falls on all alike. A round for
// which there is no time is left out, but never the first.
func (b *bench) inTurns(ctx context.Context, rounds int, systems []system, measure func(round int, s system) error) error {
	begun := time.Now()
	for round := range rounds {
		if round > 0 && !timeFor(ctx, time.Since(begun)/time.Duration(round)) {
			b.say("no time for more than %d of %d rounds", round, rounds)
			return nil
		}
		for i := range systems {
			s := systems[(i+round)%len(systems)]
			if err := measure(round, s); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return nil
}

// timeFor says whether something that usually takes d fits in before ctx ends,
// with half of it to spare.
func timeFor(ctx context.Context, d time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > d+d/2
}
