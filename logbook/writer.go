package logbook

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

const (
	// maxLine is how long a line may be; the rest of it is dropped. A path
	// takes 4 KiB at most, a log line a few of them.
	maxLine = 32 << 10

	keptRaw    = 40  // first and last lines of raw output, each
	keptRawLen = 500 // of a line among them

	// rawBurst is how many raw lines go to the log within rawWindow. Where
	// thousands of goroutines are, the dump of a panic would push everything
	// else out of it.
	rawBurst  = 300
	rawWindow = time.Minute
)

// Writer takes apart what one process writes. Write never fails and never
// waits for a reader of the log.
type Writer struct {
	book   *Book
	module string // "" = the service itself

	mu      sync.Mutex
	partial []byte // of a line whose end has not come yet
	cut     int    // bytes of it that were dropped
	first   []string
	last    []string

	rawSince  time.Time // when the window began
	rawShown  int       // since then
	rawHidden int       // the same
}

// Write implements [io.Writer].
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := p
	for {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			w.keep(rest)
			return len(p), nil
		}
		w.keep(rest[:i])
		w.finish()
		rest = rest[i+1:]
	}
}

// keep adds a part of a line, as far as there is room.
func (w *Writer) keep(part []byte) {
	room := maxLine - len(w.partial)
	if len(part) > room {
		w.cut += len(part) - room
		part = part[:room]
	}
	w.partial = append(w.partial, part...)
}

// finish passes the line on.
func (w *Writer) finish() {
	line := bytes.TrimSuffix(w.partial, []byte{'\r'})
	r := parse(line, w.module, time.Now())
	if w.cut > 0 {
		r.Text += fmt.Sprintf(" … (%d bytes more)", w.cut)
	}
	if r.Raw {
		w.remember(r.Text)
	}
	if !r.Raw || w.showRaw(r) {
		w.book.add(r)
	}
	w.partial, w.cut = w.partial[:0], 0
	if cap(w.partial) > 4<<10 {
		w.partial = nil // one long line should not cost memory for ever
	}
}

// showRaw reports whether a raw line goes to the log.
func (w *Writer) showRaw(r control.LogRecord) bool {
	if r.Text == "" {
		return false
	}
	if r.Time.Sub(w.rawSince) >= rawWindow {
		w.sumUp()
		w.rawSince, w.rawShown = r.Time, 0
	}
	if w.rawShown < rawBurst {
		w.rawShown++
		return true
	}
	w.rawHidden++
	return false
}

// sumUp says how many raw lines were left out.
func (w *Writer) sumUp() {
	if w.rawHidden == 0 {
		return
	}
	w.book.add(control.LogRecord{
		Time: time.Now(), Level: levelWarn, Module: w.module, Raw: true,
		Text: fmt.Sprintf("… %d more lines of output are left out", w.rawHidden),
	})
	w.rawHidden = 0
}

// remember keeps raw output for whoever wants to know why the process died.
func (w *Writer) remember(text string) {
	if len(text) > keptRawLen {
		text = text[:keptRawLen] + "…"
	}
	if len(w.first) < keptRaw {
		w.first = append(w.first, text)
		return
	}
	w.last = append(w.last, text)
	if len(w.last) > keptRaw {
		w.last = w.last[1:]
	}
}

// Raw returns the first and the last lines that were no log lines, as a
// panic is; no line is in both.
func (w *Writer) Raw() (first, last []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.first...), append([]string(nil), w.last...)
}

// Close passes on a line that has no end.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.partial) > 0 {
		w.finish()
	}
	w.sumUp()
	return nil
}
