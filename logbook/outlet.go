package logbook

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

const (
	// maxQueue bounds how many lines wait to be written; beyond it they are
	// lost and counted. A terminal that is stopped with ^S, or a full disk,
	// must not stop the mirror.
	maxQueue = 10_000

	settleEvery   = time.Second      // how often counts of repeated lines may come
	closePatience = 2 * time.Second  // for a reader that has stopped reading
	closeAtMost   = 30 * time.Second // for one that is slow
)

// outlet writes lines where they are to go, in a goroutine of its own.
type outlet struct {
	to     io.Writer
	format Format
	files  *folder // nil = none; used by run alone
	settle func()  // called every now and then

	mu      sync.Mutex
	queue   []item
	lost    int64
	closing bool

	written atomic.Int64 // lines

	wake chan struct{} // of capacity 1
	done chan struct{} // closed when run has ended
	err  error         // of the last file that was closed; read after done
}

// item is a line to write, or something else to do between two lines.
type item struct {
	line  control.LogRecord
	chore func() // nil for a line
}

func newOutlet(to io.Writer, f Format, files *folder, settle func()) *outlet {
	o := &outlet{to: to, format: f, files: files, settle: settle, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go o.run() // close waits for it
	return o
}

// put takes a line to be written.
func (o *outlet) put(r control.LogRecord) {
	o.mu.Lock()
	if len(o.queue) < maxQueue {
		o.queue = append(o.queue, item{line: r})
	} else {
		o.lost++
	}
	o.mu.Unlock()
	o.nudge()
}

func (o *outlet) nudge() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// reopen and forget concern files, from the next line on.
func (o *outlet) reopen() { o.chore(func() { o.files.reopen() }) }

func (o *outlet) forget(module string) { o.chore(func() { o.files.forget(module) }) }

func (o *outlet) chore(f func()) {
	if o.files == nil {
		return
	}
	o.mu.Lock()
	o.queue = append(o.queue, item{chore: f})
	o.mu.Unlock()
	o.nudge()
}

// close waits until everything is written, unless nobody reads.
func (o *outlet) close() error {
	o.mu.Lock()
	o.closing = true
	o.mu.Unlock()
	o.nudge()
	quiet := time.NewTicker(closePatience)
	defer quiet.Stop()
	end := time.NewTimer(closeAtMost)
	defer end.Stop()
	for before := o.written.Load(); ; before = o.written.Load() {
		select {
		case <-o.done:
			return o.err
		case <-quiet.C:
			if o.written.Load() == before {
				return errors.New("nobody reads it")
			}
		case <-end.C:
			return errors.New("it is read too slowly")
		}
	}
}

func (o *outlet) run() {
	defer close(o.done)
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	for {
		select {
		case <-o.wake:
		case <-tick.C:
			o.settle()
		}
		if o.drain() {
			o.err = o.files.close()
			return
		}
	}
}

// drain writes what waits, and reports whether that was all there will be.
func (o *outlet) drain() bool {
	for {
		o.mu.Lock()
		items, lost, closing := o.queue, o.lost, o.closing
		o.queue, o.lost = nil, 0
		o.mu.Unlock()
		if len(items) == 0 {
			return closing
		}
		for _, i := range items {
			if i.chore != nil {
				i.chore()
				continue
			}
			o.write(i.line)
		}
		if lost > 0 {
			o.write(complaint("lines of the log are missing here: it is not read fast enough", control.LogRecord{Lost: lost}))
		}
	}
}

// write writes one line. That standard error cannot be written, nobody can be
// told.
func (o *outlet) write(r control.LogRecord) {
	defer o.written.Add(1)
	if o.to != nil {
		_, _ = o.to.Write(o.format.Line(r))
	}
	if o.files == nil {
		return
	}
	if err := o.files.write(r); err != nil && o.to != nil {
		_, _ = o.to.Write(o.format.Line(complaint("log file cannot be written", control.LogRecord{
			Module: r.Module, Attrs: control.LogAttrs{{Key: "err", Value: encode(err.Error())}},
		})))
	}
}

// complaint completes a line about the log itself.
func complaint(text string, r control.LogRecord) control.LogRecord {
	r.Time, r.Level, r.Text = time.Now(), levelWarn, text
	return r
}
