package logbook

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

const (
	defaultLines = 1000
	defaultBytes = 256 << 10 // 300 chatty modules are 75 MiB
)

// Options says where lines go. The zero value keeps them only.
type Options struct {
	Out    io.Writer    // gets every line; nil = nobody. A slow one loses lines, not time
	Format Format       // of Out
	Level  slog.Leveler // of Handler; nil = info. Modules decide for themselves
	Files  *Files       // nil = none
	Lines  int          // kept of each module at most; 0 = 1000
	Bytes  int          // the same in bytes; 0 = 256 KiB
}

// Book is the log of the service. All methods can be used by several
// goroutines.
type Book struct {
	level slog.Leveler
	out   *outlet

	mu        sync.Mutex
	lines     int
	bytes     int
	seq       uint64             // of the last line
	rings     map[string]*ring   // by module; the service's own are under ""
	repeats   repeats            // what is held back
	followers map[*follower]bool // see Follow
}

// Open begins a book. Only one process may log to a folder of files.
func Open(o Options) (*Book, error) {
	files, err := openFiles(o.Files)
	if err != nil {
		return nil, err
	}
	b := &Book{
		level: o.Level,
		lines: cmp.Or(o.Lines, defaultLines), bytes: cmp.Or(o.Bytes, defaultBytes),
		rings: map[string]*ring{}, repeats: repeats{}, followers: map[*follower]bool{},
	}
	b.out = newOutlet(o.Out, o.Format, files, b.settle)
	return b, nil
}

// Handler returns what the service itself logs through. A record with the
// attribute "module" belongs to that module.
func (b *Book) Handler() slog.Handler {
	w := &Writer{book: b}
	return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: b.level, ReplaceAttr: readable})
}

// Module returns the writer for all that one process of a module writes: log
// lines as [slog.JSONHandler] makes them, and anything else. It has to be
// closed when the process has ended.
func (b *Book) Module(name string) *Writer {
	return &Writer{book: b, module: name}
}

// Forget drops the lines of a module that is no more.
func (b *Book) Forget(module string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.rings, module)
	b.out.forget(module)
}

// Reopen opens the log files anew, for a program that has renamed them.
func (b *Book) Reopen() { b.out.reopen() }

// Close passes on what is held back and waits, but not for long, until it is
// written. Nothing may be logged any more.
func (b *Book) Close() error {
	b.mu.Lock()
	for _, r := range b.repeats.all(time.Now()) {
		b.pass(r)
	}
	b.mu.Unlock()
	if err := b.out.close(); err != nil {
		return fmt.Errorf("close the log: %w", err)
	}
	return nil
}

// add takes a line in. One that only repeats is counted.
func (b *Book) add(r control.LogRecord) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.repeats.hold(r, time.Now()) {
		return
	}
	b.pass(r)
}

// settle passes on the counts that are due.
func (b *Book) settle() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.repeats.due(time.Now()) {
		b.pass(r)
	}
}

// pass gives a line to everybody; b.mu is held.
func (b *Book) pass(r control.LogRecord) {
	b.seq++
	own, ok := b.rings[r.Module]
	if !ok {
		own = &ring{lines: b.lines, bytes: b.bytes}
		b.rings[r.Module] = own
	}
	own.add(entry{b.seq, r})
	for f := range b.followers {
		f.offer(r)
	}
	b.out.put(r)
}
