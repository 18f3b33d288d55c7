package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// serveStream runs a server with one stream until the test ends.
func serveStream(t *testing.T, format Format, h StreamHandler) *Client {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	s, err := Listen(t.Context(), path, quiet)
	if err != nil {
		t.Fatal(err)
	}
	s.HandleStream("GET /stream", format, h)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1) // the one result of Run
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return Dial(path)
}

func TestStreamBringsEachValueAtOnce(t *testing.T) {
	for name, format := range map[string]Format{"events": Events, "lines": Lines} {
		t.Run(name, func(t *testing.T) {
			taken := make(chan struct{})
			c := serveStream(t, format, func(r *http.Request, send func(any) error) error {
				for i := range 3 {
					if err := send(Event{Seq: uint64(i), Text: "line\nbreak"}); err != nil {
						return err
					}
					<-taken // nothing else is sent before this one has arrived
				}
				return nil
			})
			var got []uint64
			err := c.Stream(t.Context(), "/stream", func(value json.RawMessage) error {
				var e Event
				if err := json.Unmarshal(value, &e); err != nil || e.Text != "line\nbreak" {
					t.Errorf("%s: %v", value, err)
				}
				got = append(got, e.Seq)
				taken <- struct{}{}
				return nil
			})
			if diff := cmp.Diff([]uint64{0, 1, 2}, got); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestStreamMayRefuseWithAHint(t *testing.T) {
	c := serveStream(t, Events, func(*http.Request, func(any) error) error {
		return &Failed{Status: http.StatusNotFound, Err: errors.New("no such module"), Hint: "see status"}
	})
	err := c.Stream(t.Context(), "/stream", nil)
	if f, ok := errors.AsType[*Failed](err); !ok || f.Status != http.StatusNotFound || f.Hint != "see status" {
		t.Errorf("got %#v", err)
	}
}

func TestStreamEndsWhenTheAskerGoes(t *testing.T) {
	ended := make(chan struct{})
	c := serveStream(t, Events, func(r *http.Request, send func(any) error) error {
		defer close(ended)
		if err := send(nil); err != nil {
			return err
		}
		if err := send(Event{}); err != nil {
			return err
		}
		<-r.Context().Done()
		return nil
	})
	enough := errors.New("enough")
	if err := c.Stream(t.Context(), "/stream", func(json.RawMessage) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
	<-ended
}

func TestStreamThatIsSilentStaysAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := httptest.NewRecorder()
		st := &stream{w: w, control: http.NewResponseController(w)}
		stop := st.breathe()
		time.Sleep(keepAlive + time.Second) // the bubble's time
		stop()
		if got := w.Body.String(); got != ": still here\n\n" {
			t.Errorf("sent %q", got)
		}
	})
}

func TestWrongRequestsAreErrorsInJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	answer := func(*http.Request) (any, error) { return Answer{}, nil }
	serve(t, path, map[string]Handler{"GET /v1/x": answer, "POST /v1/z": answer})
	c := Dial(path)
	for want, err := range map[string]error{
		"404 there is no /v1/y here":   c.Get(t.Context(), "/v1/y", nil),
		"405 /v1/x does not take POST": c.Post(t.Context(), "/v1/x", nil, nil),
		"404 there is no /v1/../v1/x":  c.Get(t.Context(), "/v1/../v1/x", nil),
		"404 there is no /v1/../../y":  c.Get(t.Context(), "/v1/..%2f../y", nil),
		"404 there is no /v1//x":       c.Get(t.Context(), "/v1//x", nil),
		"404 there is no /v1/./x":      c.Post(t.Context(), "/v1/./x", nil, nil),
		"413 read request":             c.Post(t.Context(), "/v1/z", strings.Repeat("x", maxRequest+1), nil),
	} {
		f, ok := errors.AsType[*Failed](err)
		if !ok || !strings.HasPrefix(fmt.Sprintf("%d %s", f.Status, f), want) {
			t.Errorf("got %#v, want %s", err, want)
		}
	}
}

func TestWhoChangesSomethingIsLogged(t *testing.T) {
	var log lockedBuffer
	path := filepath.Join(t.TempDir(), "s")
	s, err := Listen(t.Context(), path, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	answer := func(*http.Request) (any, error) { return Answer{}, nil }
	s.Handle("GET /v1/x", answer)
	s.Handle("POST /v1/z", answer)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1) // the one result of Run
	go func() { done <- s.Run(ctx) }()
	c := Dial(path)
	if err := errors.Join(c.Get(t.Context(), "/v1/x", nil), c.Post(t.Context(), "/v1/z", nil, nil)); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	want := fmt.Sprintf("route=/v1/z uid=%d pid=%d comm=", os.Getuid(), os.Getpid())
	if got := log.String(); !strings.Contains(got, want) || strings.Contains(got, "/v1/x") {
		t.Errorf("log is %q, want %q in it", got, want)
	}
}

// lockedBuffer may be written by the server and read by the test.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func TestGroupMayConnectAndNobodyElse(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("giving a file to another group needs root")
	}
	path := filepath.Join(t.TempDir(), "run", "s")
	s, err := ListenGroup(t.Context(), path, "12345", quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer s.l.Close()
	for p, want := range map[string]os.FileMode{path: 0o660, filepath.Dir(path): 0o750} {
		info, err := os.Lstat(p)
		if err != nil {
			t.Fatal(err)
		}
		if gid := info.Sys().(*syscall.Stat_t).Gid; info.Mode().Perm() != want || gid != 12345 {
			t.Errorf("%s: mode %o of group %d, want %o of 12345", p, info.Mode().Perm(), gid, want)
		}
	}
	if _, err := ListenGroup(t.Context(), path+"2", "no-such-group", quiet); err == nil || !strings.Contains(err.Error(), "no-such-group") {
		t.Errorf("a group that does not exist gave %v", err)
	}
}
