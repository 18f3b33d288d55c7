package supervisor

import (
	"bytes"
	"strings"
	"sync"
)

const (
	// maxWords is how many bytes are kept of a child's output that is no log. A
	// dump of some thousand goroutines fits.
	maxWords = 4 << 20
	// headLines and tailLines are how much of it is shown with a death.
	headLines, tailLines = 8, 4
)

// words are what a child wrote that is no log record: a panic, the dump of its
// goroutines, or why it could not begin.
type words struct {
	mu    sync.Mutex
	lines []string // the last ones
	size  int      // bytes in lines
	crash int      // how many of them belong to the report of a crash
}

// add takes one line of output. It returns whether that is for the log: of the
// report of a crash only the beginning is, since all of it is in a file.
func (w *words) add(line []byte) (forLog bool) {
	if bytes.HasPrefix(line, []byte("{")) {
		return true // a log record
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.crash > 0 || beginsCrash(string(line)) {
		w.crash++
	}
	w.lines = append(w.lines, string(line))
	w.size += len(line) + 1
	for w.size > maxWords {
		w.size -= len(w.lines[0]) + 1
		w.lines = w.lines[1:]
	}
	return w.crash <= headLines
}

// last returns what belongs to the end: from the last line on that begins the
// report of a crash, or everything.
func (w *words) last() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.lines) - 1; i >= 0; i-- {
		if beginsCrash(w.lines[i]) {
			return w.lines[i:]
		}
	}
	return w.lines
}

// beginsCrash knows how the Go runtime begins its reports.
func beginsCrash(line string) bool {
	for _, begin := range []string{"panic: ", "fatal error: ", "SIGABRT: ", "SIGQUIT: ", "SIGSEGV: ", "runtime: out of memory", "unexpected fault address"} {
		if strings.HasPrefix(line, begin) {
			return true
		}
	}
	return false
}

// ends returns the first and the last of the lines, and whether there are more
// between them.
func ends(lines []string) (first, last []string, more bool) {
	n := min(len(lines), headLines)
	first, rest := lines[:n], lines[n:]
	last = rest[max(0, len(rest)-tailLines):]
	return first, last, len(rest) > tailLines
}
