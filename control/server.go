package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	maxRequest  = 1 << 20          // bytes of a request body
	maxHeader   = 64 << 10         // bytes of a request's head; a path may be long, and escaped
	readTimeout = 10 * time.Second // of a request; answers may take long (wait)
	idleTimeout = 2 * time.Minute  // of a connection between two requests
	closeGrace  = time.Second      // for answers under way when the server stops
)

// Server answers on a unix socket of mode 0600, or 0660 for a group, in a
// folder of mode 0750. It logs who asked for what changes something.
type Server struct {
	http http.Server
	l    *lasting
	mux  *http.ServeMux
	log  *slog.Logger
}

// Listen opens the socket at path for its owner. A socket that nobody answers
// is replaced; a living one, or another kind of file, is an error.
func Listen(ctx context.Context, path string, log *slog.Logger) (*Server, error) {
	return ListenGroup(ctx, path, "", log)
}

// ListenGroup is Listen for the owner and a group, by name or number.
func ListenGroup(ctx context.Context, path, group string, log *slog.Logger) (*Server, error) {
	who, err := accessFor(group)
	if err != nil {
		return nil, err
	}
	if err := who.folder(path); err != nil {
		return nil, err
	}
	if err := clearStale(ctx, path); err != nil {
		return nil, err
	}
	l, err := listenPrivate(ctx, path, who)
	if err != nil {
		return nil, fmt.Errorf("listen on control socket %s: %w", path, err)
	}
	s := &Server{l: &lasting{path: path, who: who, l: l}, mux: http.NewServeMux(), log: log}
	s.http = http.Server{
		Handler: s.Handler(),
		// No ReadTimeout: it would end the context of every request whose
		// answer takes longer. Bodies have a deadline of their own.
		ReadHeaderTimeout: readTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ConnContext:       rememberPeer,
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
func listenPrivate(ctx context.Context, path string, who access) (*net.UnixListener, error) {
	tmp := path + ".new"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	l, err := bind(ctx, short(dir, tmp))
	if err != nil {
		return nil, err
	}
	err = errors.Join(who.admit(tmp), os.Rename(tmp, path))
	if err != nil {
		l.Close()
		os.Remove(tmp)
		return nil, err
	}
	return l, nil
}

// bind makes a socket that belongs to its owner alone, whatever the umask is:
// the file takes over the mode of what is bound to it.
func bind(ctx context.Context, path string) (*net.UnixListener, error) {
	private := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		other := c.Control(func(fd uintptr) { err = syscall.Fchmod(int(fd), uint32(ownerOnly)) })
		return errors.Join(err, other)
	}}
	l, err := private.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	socket := l.(*net.UnixListener)
	socket.SetUnlinkOnClose(false)
	return socket, nil
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

// Close removes the socket of a server that is not to run after all.
func (s *Server) Close() error { return s.l.Close() }

// Run serves until ctx ends, gives answers under way a moment, and removes the
// socket. Handlers see ctx end through their request's context.
func (s *Server) Run(ctx context.Context) error {
	s.http.BaseContext = func(net.Listener) context.Context { return ctx }
	keepCtx, stopKeeping := context.WithCancel(ctx)
	var keeping sync.WaitGroup
	keeping.Go(func() { s.l.keep(keepCtx, renewEvery, s.log) })
	defer keeping.Wait()
	defer stopKeeping()
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
