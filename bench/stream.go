package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// Sizes of the files of a stream, in bytes.
const (
	streamLeast = 10_000
	streamMost  = 100_000
)

// streamFolders is over how many folders a stream is spread.
const streamFolders = 20

// stream is files that come at a steady rate, into folders that are there.
type stream struct {
	rate  int // files a second
	files []string
	sizes []int
}

func newStream(rate int, span time.Duration) stream {
	s := stream{rate: rate}
	r := rand.New(rand.NewPCG(3, uint64(rate)))
	for i := range int(float64(rate) * span.Seconds()) {
		s.files = append(s.files, filepath.Join(fmt.Sprint("in", i%streamFolders), fmt.Sprintf("file%06d", i)))
		s.sizes = append(s.sizes, streamLeast+r.IntN(streamMost-streamLeast+1))
	}
	return s
}

// folders makes them on both sides.
func (s stream) folders(on *site) error {
	for _, root := range append([]string{on.source}, on.targets...) {
		for i := range streamFolders {
			if err := os.Mkdir(filepath.Join(root, fmt.Sprint("in", i)), 0o755); err != nil {
				return err
			}
		}
	}
	return nil
}

// flow is what became of a stream.
type flow struct {
	lags     series  // in the order of writing
	achieved float64 // files a second that the writer managed
}

// flow sends a stream through a system on a site of its own. A file that is not
// there when patience ends, counted from the last write, is late by that much
// and more.
func (b *bench) flow(ctx context.Context, sys system, s stream, patience time.Duration) (flow, error) {
	c, err := b.enter(ctx, sys, wish{prepare: s.folders})
	if err != nil {
		return flow{}, err
	}
	defer c.leave()
	if err := b.calm(); err != nil {
		return flow{}, err
	}
	want := make(map[string]int64, len(s.files))
	for i, file := range s.files {
		want[filepath.Join(c.site.targets[0], file)] = int64(s.sizes[i])
	}
	// The writer may be slower than it should, which is not the system's fault.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	seen, err := watchFor(ctx, want, time.Hour)
	if err != nil {
		return flow{}, err
	}
	closed, err := s.write(ctx, b.filler, c.site.source)
	seen.giveUp(patience)
	times, lost := seen.wait()
	if err != nil {
		return flow{}, fmt.Errorf("write files: %w", err)
	}
	if lost != nil {
		return flow{}, lost
	}
	return s.judge(c.site.targets[0], closed, times, patience), nil
}

// write returns when each file was closed. It keeps to the schedule on average:
// late files are made up for.
func (s stream) write(ctx context.Context, f filler, root string) ([]time.Time, error) {
	closed := make([]time.Time, len(s.files))
	begun := time.Now()
	for i, file := range s.files {
		due := begun.Add(time.Duration(i) * time.Second / time.Duration(s.rate))
		if early := time.Until(due); early > time.Millisecond {
			if err := pause(ctx, early); err != nil {
				return nil, err
			}
		}
		if err := f.write(filepath.Join(root, file), i, s.sizes[i]); err != nil {
			return nil, err
		}
		closed[i] = time.Now()
	}
	return closed, nil
}

func (s stream) judge(target string, closed []time.Time, times map[string]time.Time, patience time.Duration) flow {
	last := closed[len(closed)-1]
	begun := closed[0]
	var f flow
	f.achieved = float64(len(closed)-1) / last.Sub(begun).Seconds()
	for i, file := range s.files {
		at, ok := times[filepath.Join(target, file)]
		if !ok {
			f.lags = append(f.lags, took{last.Sub(closed[i]) + patience, true})
			continue
		}
		f.lags = append(f.lags, took{d: max(0, at.Sub(closed[i]))})
	}
	return f
}
