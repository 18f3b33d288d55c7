package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path"
	"time"
)

// Handler answers one kind of request. What it returns is sent as JSON; an
// [*Failed] error carries its own HTTP status, any other is a 500.
type Handler func(r *http.Request) (any, error)

// Failed is an error with the HTTP status and the hint that go with it.
type Failed struct {
	Status int
	Err    error
	Hint   string
}

func (f *Failed) Error() string { return f.Err.Error() }

// Unwrap returns the cause.
func (f *Failed) Unwrap() error { return f.Err }

// Is makes the answer 503 an [ErrNotRunning] at the client: the supervisor
// answers so for a module that does not run.
func (f *Failed) Is(target error) bool {
	return target == ErrNotRunning && f.Status == http.StatusServiceUnavailable
}

// Handle answers requests for pattern ("GET /v1/status") with h.
func (s *Server) Handle(pattern string, h Handler) {
	s.HandleHTTP(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := h(r)
		if err != nil {
			WriteError(w, err)
			return
		}
		writeJSON(w, http.StatusOK, v)
	}))
}

// HandleHTTP answers requests for pattern with anything. The body has been
// read from the network when h is called.
func (s *Server) HandleHTTP(pattern string, h http.Handler) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			s.note(r)
		}
		if err := readBody(w, r); err != nil {
			WriteError(w, err)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// note logs who asks for what changes something.
func (s *Server) note(r *http.Request) {
	p, local := PeerOf(r)
	level := slog.LevelInfo
	if local && p.PID == os.Getppid() { // the supervisor, which has said for whom it asks
		level = slog.LevelDebug
	}
	what := []any{"method", r.Method, "route", r.URL.Path}
	if local {
		what = append(what, "uid", p.UID, "pid", p.PID, "comm", p.Comm)
	} else {
		what = append(what, "from", r.RemoteAddr)
	}
	s.log.Log(r.Context(), level, "control request", what...)
}

// readBody takes the whole of the body off the network, in bounded time and
// size.
func readBody(w http.ResponseWriter, r *http.Request) error {
	if r.Body == http.NoBody {
		return nil
	}
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(readTimeout)) // not every connection has one
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		status := http.StatusBadRequest
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			status = http.StatusRequestEntityTooLarge
		}
		return &Failed{Status: status, Err: fmt.Errorf("read request: %w", err)}
	}
	_ = c.SetReadDeadline(time.Time{})
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// Handler returns what answers on the socket, for listening elsewhere too.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := s.mux.Handler(r)
		switch {
		case r.URL.Path != "" && path.Clean(r.URL.Path) != r.URL.Path:
			// The mux would redirect to what is meant by "..", and to nowhere
			// when nothing is. No client of ours asks so.
			_ = readBody(w, r)
			WriteError(w, noRoute(r, http.StatusNotFound))
			return
		case pattern != "":
			s.mux.ServeHTTP(w, r)
			return
		}
		// The mux knows whether it is the route or the method that is wrong,
		// but would say it in plain text.
		_ = readBody(w, r) // or the asker is cut off while he sends
		said := &statusOnly{header: http.Header{}}
		h.ServeHTTP(said, r)
		f := noRoute(r, said.status)
		if allow := said.header.Get("Allow"); allow != "" {
			w.Header().Set("Allow", allow)
			f.Err, f.Hint = fmt.Errorf("%s does not take %s", r.URL.Path, r.Method), "it takes "+allow
		}
		WriteError(w, f)
	})
}

// noRoute says that nothing is there.
func noRoute(r *http.Request, status int) *Failed {
	return &Failed{Status: status, Err: fmt.Errorf("there is no %s here", r.URL.Path), Hint: "see /v1/openapi.json"}
}

// statusOnly is a ResponseWriter that keeps the status and the header.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }

// WriteError answers a request with an error, as a [Handler] would.
func WriteError(w http.ResponseWriter, err error) {
	status, e := http.StatusInternalServerError, Error{Message: err.Error()}
	if f, ok := errors.AsType[*Failed](err); ok {
		e.Hint = f.Hint
		if f.Status != 0 {
			status = f.Status
		}
	}
	writeJSON(w, status, e)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the asker is gone; nobody is left to tell
}

// Decode reads the request's JSON body into v; no body leaves v as it is.
// Unknown fields are refused, so that a misspelt one is not ignored.
func Decode(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return &Failed{Status: http.StatusBadRequest, Err: fmt.Errorf("read request: %w", err)}
	}
	return nil
}
