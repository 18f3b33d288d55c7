package logbook

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// maxRepeats bounds how many different lines are remembered, and half of it
// those that are only information; what comes beyond is passed on as it is.
const maxRepeats = 10_000

// burst is how often what is only information is shown before it is counted.
// A process that is started again says the same as the one before.
const burst = 5

// windows are for how long a line that comes again is only counted: the first
// time 10 s, then longer and longer while it goes on.
func windows() []time.Duration {
	return []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}
}

// repeats are the lines that were shown lately, with how often they came
// again. Of what is only information, just lines that are equal in every fact
// count as the same; of troubles, those that name the same trouble.
type repeats map[repeatKey]*repeat

type repeatKey struct {
	module, target, level, text string
	facts                       [sha256.Size]byte
}

type repeat struct {
	last  control.LogRecord // when count is not 0
	since time.Time         // when the window began
	step  int               // which of windows() it is
	free  int               // how often it may still be shown in this window
	count int64
}

func keyOf(r control.LogRecord) repeatKey {
	h := sha256.New()
	for _, a := range r.Attrs {
		if !trouble(r) || a.Key == "err" || a.Key == "reason" || a.Key == "cause" {
			fmt.Fprintf(h, "%s=%s\n", a.Key, a.Value)
		}
	}
	k := repeatKey{module: r.Module, target: r.Target, level: r.Level, text: r.Text}
	h.Sum(k.facts[:0])
	return k
}

// trouble reports whether a line is about something wrong.
func trouble(r control.LogRecord) bool { return r.Level == levelWarn || r.Level == levelError }

// hold reports whether a line repeats one that was shown lately, and counts it
// then. The lines of a panic are never counted: they belong together.
func (s repeats) hold(r control.LogRecord, now time.Time) bool {
	if r.Raw {
		return false
	}
	k := keyOf(r)
	known, ok := s[k]
	most, free := maxRepeats, 0
	if !trouble(r) {
		most, free = maxRepeats/2, burst-1
	}
	switch {
	case ok && known.free > 0:
		known.free--
		return false
	case ok:
		known.count++
		known.last = r
		return true
	case len(s) < most:
		s[k] = &repeat{since: now, free: free}
	}
	return false
}

// due returns the counts whose window has passed, in order of time. What did
// not come again is forgotten.
func (s repeats) due(now time.Time) []control.LogRecord {
	var out []control.LogRecord
	for k, r := range s {
		w := windows()[r.step]
		switch {
		case now.Sub(r.since) < w:
		case r.count == 0:
			delete(s, k)
		default:
			out = append(out, r.sum(now))
			r.since, r.count = now, 0
			r.step = min(r.step+1, len(windows())-1)
		}
	}
	sortByTime(out)
	return out
}

// all returns all counts and forgets everything.
func (s repeats) all(now time.Time) []control.LogRecord {
	var out []control.LogRecord
	for _, r := range s {
		if r.count > 0 {
			out = append(out, r.sum(now))
		}
	}
	clear(s)
	sortByTime(out)
	return out
}

// sum is the last of the lines, with how many they were.
func (r *repeat) sum(now time.Time) control.LogRecord {
	line := r.last
	line.Repeated = r.count
	line.Within = now.Sub(r.since).Round(time.Second).Seconds()
	return line
}

func sortByTime(list []control.LogRecord) {
	slices.SortFunc(list, func(a, b control.LogRecord) int { return a.Time.Compare(b.Time) })
}
