package instance

import "time"

// maxRecent is how many arrivals are remembered one by one for each target,
// about 2 MB.
const maxRecent = 10_000

// recent remembers when paths last arrived. It is bounded: the oldest arrivals
// are forgotten first. The zero value remembers nothing yet.
type recent struct {
	at   map[string]time.Time
	ring []string // in order of arrival, from next on
	next int
}

// note records that path arrived at now.
func (r *recent) note(path string, now time.Time) {
	if r.at == nil {
		r.at = make(map[string]time.Time)
	}
	if _, known := r.at[path]; known {
		r.at[path] = now // it keeps its place, and may be forgotten early
		return
	}
	r.at[path] = now
	if len(r.ring) < maxRecent {
		r.ring = append(r.ring, path)
		return
	}
	delete(r.at, r.ring[r.next])
	r.ring[r.next] = path
	r.next = (r.next + 1) % maxRecent
}

// when is when path last arrived; the zero time when that is not remembered.
func (r *recent) when(path string) time.Time { return r.at[path] }
