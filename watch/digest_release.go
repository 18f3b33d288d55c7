package watch

import (
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// settled tells of what needs to wait no longer: what a close will never come
// for, and what was waited for long enough.
func (d *digest) settled(now time.Time) {
	for _, path := range d.fresh {
		if u := d.settle.waiting(path); u != nil && u.born && !d.site.willClose(path) {
			d.settle.drop(path)
			d.entry(path, u.first)
		}
	}
	d.fresh = d.fresh[:0]
	d.release(d.settle.due(now))
}

// flush tells of everything that waits, whatever it waits for.
func (d *digest) flush() {
	d.settled(time.Now().Add(max(d.settle.atMost, createWait)))
}

func (d *digest) release(over []unsettled) {
	var tmp []unsettled
	for _, u := range over {
		if isTmpName(u.path) {
			tmp = append(tmp, u)
			continue
		}
		d.entry(u.path, u.first)
	}
	d.linked(tmp)
}

// take returns what is to be told now, and forgets it.
func (d *digest) take() []change.Change {
	batch := d.batch
	d.batch = nil
	clear(d.came)
	return batch
}
