package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// sample writes one small file into the source and returns how long it takes
// from its close to be on the targets, the slowest of them. Nothing else is
// sent on the site before.
func (c *contender) sample(ctx context.Context, f filler, name string, limit time.Duration, targets []string) (took, error) {
	want := make(map[string]int64)
	for _, target := range targets {
		want[filepath.Join(target, name)] = smallFile
	}
	seen, err := watchFor(ctx, want, limit)
	if err != nil {
		return took{}, err
	}
	err = f.write(filepath.Join(c.site.source, name), len(name), smallFile)
	closed := time.Now()
	if err == nil && c.start == nil {
		err = sendBare(ctx, c.site, name)
	}
	times, lost := seen.wait()
	if err != nil {
		return took{}, fmt.Errorf("write a file: %w", err)
	}
	if lost != nil {
		return took{}, lost
	}
	return slowest(times, len(want), closed, limit), nil
}

func slowest(times map[string]time.Time, all int, closed time.Time, limit time.Duration) took {
	if len(times) < all {
		return took{limit, true}
	}
	var last took
	for _, at := range times {
		last.d = max(last.d, at.Sub(closed))
	}
	return last
}

// samples takes n in a row, with the daemons of the given targets idle before
// each, and stops at the first that does not arrive. The names begin with tag.
func (c *contender) samples(ctx context.Context, f filler, tag string, n int, limit time.Duration, targets []string) (series, error) {
	var s series
	for i := range n {
		t, err := c.sample(ctx, f, fmt.Sprint(tag, i), limit, targets)
		if err != nil {
			return nil, err
		}
		s = append(s, t)
		if t.over {
			break
		}
		if err := pause(ctx, sampleGap); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// sampleGap is the time between samples where idleness can't be seen, as
// something else is being sent. It is no multiple of anybody's period.
const sampleGap = 273 * time.Millisecond
