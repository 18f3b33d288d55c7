package logbook

import (
	"cmp"
	"context"
	"iter"
	"log/slog"
	"slices"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// maxBehind is how many lines a follower may be behind before it loses some.
const maxBehind = 1000

// Query says which lines to show.
type Query struct {
	Module string     // "" = all, the service's own included; [control.ServiceName] = only those
	Lines  int        // of the past, at most; 0 = none
	Level  slog.Level // and above
}

// wants reports whether a line is among those asked for.
func (q Query) wants(r control.LogRecord) bool {
	module := q.Module
	if module == control.ServiceName {
		module = ""
	}
	return (q.Module == "" || r.Module == module) && level(r.Level) >= q.Level
}

// Tail returns the last lines, the oldest first.
func (b *Book) Tail(q Query) []control.LogRecord {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tail(q)
}

func (b *Book) tail(q Query) []control.LogRecord {
	if q.Lines <= 0 {
		return nil
	}
	var found []entry
	for _, r := range b.rings {
		for _, e := range r.kept {
			if q.wants(e.LogRecord) {
				found = append(found, e)
			}
		}
	}
	slices.SortFunc(found, func(a, b entry) int { return cmp.Compare(a.seq, b.seq) })
	found = found[max(0, len(found)-q.Lines):]
	out := make([]control.LogRecord, len(found))
	for i, e := range found {
		out[i] = e.LogRecord
	}
	return out
}

// Follow returns the last lines and then each as it comes, until ctx is done.
// Who reads too slowly finds a record with Lost in place of what is missing.
func (b *Book) Follow(ctx context.Context, q Query) iter.Seq[control.LogRecord] {
	return func(yield func(control.LogRecord) bool) {
		f := &follower{query: q, wake: make(chan struct{}, 1)}
		b.mu.Lock()
		past := b.tail(q)
		b.followers[f] = true
		b.mu.Unlock()
		defer b.unfollow(f)
		for _, r := range past {
			if !yield(r) {
				return
			}
		}
		for {
			select {
			case <-ctx.Done():
				return
			case <-f.wake:
			}
			for _, r := range b.take(f) {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// follower is somebody who reads along. Its fields are guarded by Book.mu.
type follower struct {
	query Query
	queue []control.LogRecord
	lost  int64
	wake  chan struct{} // of capacity 1: there is something to take
}

func (f *follower) offer(r control.LogRecord) {
	switch {
	case !f.query.wants(r):
		return
	case len(f.queue) >= maxBehind:
		f.lost++
	default:
		f.queue = append(f.queue, r)
	}
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// take returns what has come for a follower.
func (b *Book) take(f *follower) []control.LogRecord {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := f.queue
	if f.lost > 0 {
		list = append(list, control.LogRecord{Time: time.Now(), Level: levelWarn, Text: "the reader of the log was too slow", Lost: f.lost})
	}
	f.queue, f.lost = nil, 0
	return list
}

func (b *Book) unfollow(f *follower) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.followers, f)
}
