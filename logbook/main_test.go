package logbook

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/syncsvc/syncsvc/control"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// paper is what a book writes to.
type paper struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *paper) lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Split(strings.TrimSuffix(p.text.String(), "\n"), "\n")
}

func open(t *testing.T, o Options) *Book {
	t.Helper()
	b, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func closeBook(t *testing.T, b *Book) {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

// write logs as an instance does.
func write(w *Writer, format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

func line(level, msg, more string) string {
	return fmt.Sprintf(`{"time":"2026-11-20T03:00:00.5Z","level":%q,"msg":%q%s}`, level, msg, more)
}

func texts(list []control.LogRecord) []string {
	var out []string
	for _, r := range list {
		out = append(out, r.Text)
	}
	return out
}

// eventually waits for something that another goroutine does.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
		<-tick.C
	}
}
