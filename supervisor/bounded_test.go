package supervisor

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/config"
)

// knock connects to a port and sends the head of a request whose body never
// comes.
func knock(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "POST /v1/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestStrangersDoNotStayAtThePort(t *testing.T) {
	never := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a stranger was let in") })
	c := config.Control{Listen: "127.0.0.1:0", TokenFile: tokenFile(t, 0o600)}
	p, err := openPort(t.Context(), c, never, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1) // the one result of run
	go func() { done <- p.run(ctx) }()
	for range 2 * portConns { // they get their answers only when those before have left
		knock(t, p.l.Addr().String())
	}
	last := knock(t, p.l.Addr().String())
	answer, err := io.ReadAll(last)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 401 ") {
		t.Errorf("%q, %v", answer, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestNoMoreConnectionsThanTheBound(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := newBounded(l, 1)
	accepted := make(chan net.Conn) // 0: hand-over
	ended := make(chan error, 1)    // the one result
	go func() {
		for {
			c, err := b.Accept()
			if err != nil {
				ended <- err
				return
			}
			accepted <- c
		}
	}()
	for i := range 2 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(c, i)
		t.Cleanup(func() { c.Close() })
	}
	first := <-accepted
	select {
	case <-accepted:
		t.Error("a second one was accepted")
	default:
	}
	first.Close()
	first.Close() // makes room once
	second := <-accepted
	b.Close() // while it waits for room
	if err := <-ended; err == nil {
		t.Error("it goes on though it is closed")
	}
	second.Close()
}
