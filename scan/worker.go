package scan

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// bufferSize is what one getdents call may fill: about 1,000 short names.
const bufferSize = 32 << 10

// worker walks depth first, so that what it holds grows with the depth of the
// tree and not with its size.
type worker struct {
	*walk
	stack stack
	path  []byte // of the current folder, the last of the stack; empty is the root
	batch batch
	stats Stats
	buf   []byte       // of getdents
	st    unix.Statx_t // of the last look
	entry []byte       // scratch for the path of an entry
}

func newWorker(w *walk) *worker {
	return &worker{walk: w, batch: newBatch(&w.out), buf: make([]byte, bufferSize)}
}

// serve does its own job, when it has one, and then what others leave to it,
// until the walk is over. A failure stops the context; the jobs that are still
// handed over are then dropped, but they are taken, since each was promised.
func (w *worker) serve(ctx context.Context, stop context.CancelCauseFunc, own *job) {
	if own != nil {
		w.finish(ctx, stop, *own)
	}
	for {
		j, ok := w.crew.take()
		if !ok {
			return
		}
		w.finish(ctx, stop, j)
	}
}

func (w *worker) finish(ctx context.Context, stop context.CancelCauseFunc, j job) {
	if err := w.do(ctx, j); err != nil {
		stop(err)
	}
	w.crew.finish()
}

// do walks one job to its end.
func (w *worker) do(ctx context.Context, j job) error {
	w.goTo(j.path)
	j.frame.path = len(w.path)
	w.stack.add(j.frame)
	defer w.stack.drop()
	for w.stack.depth() > 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		w.share()
		if err := w.step(); err != nil {
			return err
		}
	}
	return w.batch.flush()
}

// step goes down into the next folder the current one holds, or reads on in
// it, or goes up.
func (w *worker) step() error {
	top := w.stack.top()
	if entry := top.next(); entry != nil {
		return w.down(top, entry)
	}
	if !top.done {
		return w.read(top)
	}
	if up := w.stack.pop(); up != nil {
		w.path = w.path[:up.path]
	}
	return w.batch.settle()
}

// down makes a folder of the current one the current one.
func (w *worker) down(top *frame, entry []byte) error {
	if ok, err := w.reopen(top); !ok {
		return err
	}
	fd, err := openFolder(top.fd, string(entry))
	w.extend(entry)
	if err != nil {
		err = w.blocked(w.here(), top.cover, err)
		w.path = w.path[:top.path]
		return err
	}
	f, inside, err := w.enter(fd, top.own, top.cover)
	if err != nil || !inside {
		unix.Close(fd)
		w.path = w.path[:top.path]
		return err
	}
	if err := w.makeRoom(); err != nil {
		unix.Close(fd)
		return err
	}
	w.stack.add(f)
	return nil
}

// goTo makes a path the current one.
func (w *worker) goTo(path string) {
	w.path = w.path[:0]
	if path != change.Root {
		w.path = append(w.path, path...)
	}
}

// extend adds a name to the current path.
func (w *worker) extend(name []byte) {
	if len(w.path) > 0 {
		w.path = append(w.path, '/')
	}
	w.path = append(w.path, name...)
}

// name returns the first n bytes of the current path: that of a folder on the
// way to the current one.
func (w *worker) name(n int) string {
	if n == 0 {
		return change.Root
	}
	return string(w.path[:n])
}

// here returns the current path.
func (w *worker) here() string { return w.name(len(w.path)) }

// join returns the path of an entry of a folder on the stack.
func (w *worker) join(f *frame, entry []byte) string {
	w.entry = append(w.entry[:0], w.path[:f.path]...)
	if f.path > 0 {
		w.entry = append(w.entry, '/')
	}
	w.entry = append(w.entry, entry...)
	return string(w.entry)
}

// blocked answers a folder that could not be opened or read.
func (w *worker) blocked(path string, above cover, err error) error {
	if exhausted(err) || path == change.Root {
		return fmt.Errorf("scan %s: %w", path, err)
	}
	c := w.moment.meanwhile(path, change.Entry)
	if !gone(err) {
		w.stats.Unreadable = named(w.stats.Unreadable, path)
		c = w.moment.unsure(path, change.Tree)
	}
	if above != bare || w.moment.counting() {
		return nil
	}
	return w.batch.add(c)
}
