package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

const (
	maxRequest  = 1 << 20          // bytes of a request body
	readTimeout = 10 * time.Second // of a request; answers may take long (wait)
	closeGrace  = time.Second      // for answers under way when the server stops
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

// Server answers on a unix socket of mode 0600 in a folder of mode 0750.
type Server struct {
	http http.Server
	l    net.Listener
	mux  *http.ServeMux
}

// Listen opens the socket at path. A socket that nobody answers is replaced; a
// living one, or another kind of file, is an error.
func Listen(ctx context.Context, path string, log *slog.Logger) (*Server, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("make the folder of the control socket: %w", err)
	}
	if err := clearStale(ctx, path); err != nil {
		return nil, err
	}
	l, err := listenPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("listen on control socket %s: %w", path, err)
	}
	mux := http.NewServeMux()
	s := &Server{l: l, mux: mux}
	s.http = http.Server{
		Handler:           mux,
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	return s, nil
}

// clearStale removes a socket left by a process that was killed.
func clearStale(ctx context.Context, path string) error {
	fi, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look at control socket: %w", err)
	case fi.Mode().Type() != os.ModeSocket:
		return fmt.Errorf("control socket %s: something else has that name; move it away", path)
	}
	if c, err := dial(ctx, path); err == nil {
		c.Close()
		return fmt.Errorf("control socket %s: another process answers there; is this module already running?", path)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove stale control socket: %w", err)
	}
	return nil
}

// listenPrivate binds under a temporary name, sets the mode and renames, so
// that nobody can connect before the mode is right.
func listenPrivate(path string) (net.Listener, error) {
	tmp := path + ".new"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	l, err := net.Listen("unix", short(dir, tmp))
	if err != nil {
		return nil, err
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	err = errors.Join(os.Chmod(tmp, 0o600), os.Rename(tmp, path))
	if err != nil {
		l.Close()
		return nil, err
	}
	return unlinking{l, path}, nil
}

// maxSocketPath is what fits into sun_path with its NUL; see unix(7).
const maxSocketPath = 107

// short is another name for path, by way of its open folder, when path is
// longer than the kernel takes for a socket.
func short(dir *os.File, path string) string {
	if len(path) <= maxSocketPath {
		return path
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path))
}

// unlinking removes the socket's final name when the listener closes.
type unlinking struct {
	net.Listener
	path string
}

func (u unlinking) Close() error {
	err := u.Listener.Close()
	os.Remove(u.path)
	return err
}

// Handle answers requests for pattern ("GET /v1/status") with h.
func (s *Server) Handle(pattern string, h Handler) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
		v, err := h(r)
		status := http.StatusOK
		if err != nil {
			status, v = failure(err)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(v) // the asker is gone; nobody is left to tell
	})
}

func failure(err error) (int, Error) {
	var f *Failed
	if errors.As(err, &f) {
		return f.Status, Error{Message: f.Error(), Hint: f.Hint}
	}
	return http.StatusInternalServerError, Error{Message: err.Error()}
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

// Run serves until ctx ends, gives answers under way a moment, and removes the
// socket. Handlers see ctx end through their request's context.
func (s *Server) Run(ctx context.Context) error {
	s.http.BaseContext = func(net.Listener) context.Context { return ctx }
	stopped := make(chan error, 1) // the one result of Shutdown
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeGrace)
		defer cancel()
		if s.http.Shutdown(grace) != nil {
			s.http.Close()
		}
		stopped <- nil
	}()
	if err := s.http.Serve(s.l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve control socket: %w", err)
	}
	return <-stopped
}
