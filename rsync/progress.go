package rsync

import (
	"sync/atomic"
	"time"
)

// Progress tells how a running job gets on. Its zero value is ready; it may be
// read at any time from any goroutine while Run writes to it.
type Progress struct {
	bytes atomic.Int64
	last  atomic.Int64 // nanoseconds since 1970
	sent  atomic.Int64
}

// Sent is how many bytes rsync has sent in this run, as of a second ago: also of
// a file that is still on its way.
func (p *Progress) Sent() int64 { return p.sent.Load() }

// Bytes is what rsync and its children read and wrote so far, disk, pipes and
// network together: a sign of life, not a size.
func (p *Progress) Bytes() int64 { return p.bytes.Load() }

// Last is when something was last seen to move, zero before the start.
func (p *Progress) Last() time.Time {
	if n := p.last.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

// note records a count of bytes seen at a moment.
func (p *Progress) note(bytes int64, now time.Time) {
	if p.bytes.Swap(bytes) != bytes || p.last.Load() == 0 {
		p.last.Store(now.UnixNano())
	}
}
