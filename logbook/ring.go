package logbook

import (
	"github.com/syncsvc/syncsvc/control"
)

// entry is a line and its number among those of all modules.
type entry struct {
	seq uint64
	control.LogRecord
}

// ring keeps the last lines of one module, up to a number and a size.
type ring struct {
	lines, bytes int
	kept         []entry // the oldest first
	size         int
}

func (r *ring) add(e entry) {
	r.kept = append(r.kept, e)
	r.size += weight(e.LogRecord)
	drop := 0
	for len(r.kept)-drop > 1 && (len(r.kept)-drop > r.lines || r.size > r.bytes) {
		r.size -= weight(r.kept[drop].LogRecord)
		drop++
	}
	clear(r.kept[:drop]) // append copies only what is left
	r.kept = r.kept[drop:]
}

// weight is about how much memory a line takes.
func weight(r control.LogRecord) int {
	const fixed = 200
	n := fixed + len(r.Text) + len(r.Target)
	for _, a := range r.Attrs {
		n += 40 + len(a.Key) + len(a.Value)
	}
	return n
}
