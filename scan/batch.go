package scan

import (
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

const (
	// maxBatch keeps the calls of emit few and what a worker holds small.
	maxBatch = 256
	// maxHeld is how long a change may wait for its batch to fill.
	maxHeld = 50 * time.Millisecond
)

// outlet lets one worker at a time call emit.
type outlet struct {
	mu   sync.Mutex
	emit func([]change.Change) error
}

func (o *outlet) send(changes []change.Change) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.emit(changes)
}

// batch collects the changes one worker finds.
type batch struct {
	out     *outlet
	changes []change.Change
	oldest  time.Time
	found   int64
}

func newBatch(out *outlet) batch {
	return batch{out: out, changes: make([]change.Change, 0, maxBatch)}
}

func (b *batch) add(c change.Change) error {
	if len(b.changes) == 0 {
		b.oldest = time.Now()
	}
	b.changes = append(b.changes, c)
	if len(b.changes) == maxBatch {
		return b.flush()
	}
	return nil
}

// settle sends what has waited long enough.
func (b *batch) settle() error {
	if len(b.changes) > 0 && time.Since(b.oldest) > maxHeld {
		return b.flush()
	}
	return nil
}

func (b *batch) flush() error {
	if len(b.changes) == 0 {
		return nil
	}
	err := b.out.send(b.changes)
	b.found += int64(len(b.changes))
	clear(b.changes) // lets go of the paths
	b.changes = b.changes[:0]
	return err
}
