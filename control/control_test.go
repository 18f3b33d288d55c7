package control

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

// serve runs a server with the given handlers until the test ends.
func serve(t *testing.T, path string, handlers map[string]Handler) {
	t.Helper()
	s, err := Listen(t.Context(), path, quiet)
	if err != nil {
		t.Fatal(err)
	}
	for pattern, h := range handlers {
		s.Handle(pattern, h)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestQuestionAndAnswer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run", "www.sock")
	serve(t, path, map[string]Handler{
		"GET /v1/status": func(*http.Request) (any, error) { return Status{Module: "www", State: Live}, nil },
		"POST /v1/sync": func(r *http.Request) (any, error) {
			var req SyncRequest
			if err := Decode(r, &req); err != nil {
				return nil, err
			}
			return Answer{Message: "sync of " + req.Path}, nil
		},
	})
	c := Dial(path)
	var st Status
	if err := c.Get(t.Context(), "/v1/status", &st); err != nil || st.Module != "www" || st.State != Live {
		t.Errorf("status %+v, %v", st, err)
	}
	var a Answer
	if err := c.Post(t.Context(), "/v1/sync", SyncRequest{Path: "sub"}, &a); err != nil || a.Message != "sync of sub" {
		t.Errorf("answer %+v, %v", a, err)
	}
	err := c.Post(t.Context(), "/v1/sync", map[string]string{"pth": "sub"}, nil)
	if err == nil || !strings.Contains(err.Error(), "pth") {
		t.Errorf("a misspelt field gave %v", err)
	}
}

func TestErrorKeepsStatusAndHint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	serve(t, path, map[string]Handler{"GET /x": func(*http.Request) (any, error) {
		return nil, &Failed{Status: http.StatusNotFound, Err: errors.New("no such target"), Hint: "see status"}
	}})
	err := Dial(path).Get(t.Context(), "/x", nil)
	var f *Failed
	if !errors.As(err, &f) || f.Status != http.StatusNotFound || f.Hint != "see status" || f.Error() != "no such target" {
		t.Errorf("got %#v", err)
	}
}

func TestOnlyTheOwnerMayConnect(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run", "s")
	serve(t, path, nil)
	for p, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o750} {
		fi, err := os.Lstat(p)
		if err != nil {
			t.Fatal(err)
		}
		if got := fi.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", p, got, want)
		}
	}
}

func TestStaleSocketIsReplacedAndLivingOneIsNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := listenPrivate(t.Context(), path, access{-1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), path, quiet); err == nil || !strings.Contains(err.Error(), "already running") {
		t.Errorf("listening beside a living server gave %v", err)
	}
	l.Close() // as a kill -9 leaves it: the name stays
	serve(t, path, nil)
}

func TestOtherFilesAreNeverRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), path, quiet); err == nil {
		t.Error("a file in the socket's place was accepted")
	}
	if b, _ := os.ReadFile(path); string(b) != "precious" {
		t.Error("the file was changed")
	}
}

func TestNobodyAnswers(t *testing.T) {
	err := Dial(filepath.Join(t.TempDir(), "none")).Get(t.Context(), "/v1/status", nil)
	if !errors.Is(err, ErrNotRunning) {
		t.Errorf("got %v", err)
	}
}

func TestSocketInADeepFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("deep/", 40), "www.sock")
	serve(t, path, map[string]Handler{"GET /x": func(*http.Request) (any, error) { return Answer{"here"}, nil }})
	var a Answer
	if err := Dial(path).Get(t.Context(), "/x", &a); err != nil || a.Message != "here" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestPathsAreBytesInJSON(t *testing.T) {
	for in, want := range map[string]string{
		"a/ü":    `"a/ü"`,
		"a\xff":  `"a\\xff"`,
		"new\nl": `"new\nl"`,
	} {
		got, err := json.Marshal(Path(in))
		if err != nil || string(got) != want {
			t.Errorf("%q became %s, want %s (%v)", in, got, want, err)
		}
	}
}
