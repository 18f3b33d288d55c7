package hook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Socket writes to a socket.
type Socket struct {
	Network string // tcp or unix
	Address string // host:port, or an absolute path
	// Format is path: a connection for each event, in which the bytes of the
	// absolute path are all there is, as sersync does it; or json: a line for each
	// event in a connection that stays open.
	Format string
}

// drainedEvery is how often it is looked whether the other side has what was
// written.
const drainedEvery = 5 * time.Millisecond

// socket is the teller that writes to a socket.
type socket struct {
	o Options
	s Socket

	mu   sync.Mutex // held while a line is written
	conn net.Conn   // that stays open; nil when there is none
}

func (s *socket) tell(ctx context.Context, _ string, events []Event) error {
	if s.s.Format == formatPath {
		for _, e := range events {
			if err := s.paths(ctx, e); err != nil {
				return err
			}
		}
		return nil
	}
	text, err := s.o.lines(events)
	if err != nil {
		return finalError{err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil || gone(s.conn) {
		s.drop()
		if s.conn, err = s.dial(ctx); err != nil {
			return err
		}
	}
	if err := write(ctx, s.conn, text); err != nil {
		s.drop()
		return awayError{error: fmt.Errorf("write to %s: %w", s.s.Address, err)}
	}
	return nil
}

// paths tells of one event as sersync does; of a rename there are two.
func (s *socket) paths(ctx context.Context, e Event) error {
	list := []string{e.Path}
	if e.Was != "" {
		list = []string{e.Was, e.Path}
	}
	for _, p := range list {
		conn, err := s.dial(ctx)
		if err != nil {
			return err
		}
		err = write(ctx, conn, []byte(s.o.file(p)))
		if err = errors.Join(err, conn.Close()); err != nil {
			return awayError{error: fmt.Errorf("write to %s: %w", s.s.Address, err)}
		}
	}
	return nil
}

func (s *socket) dial(ctx context.Context) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, s.s.Network, s.s.Address)
	if err != nil {
		return nil, awayError{error: err}
	}
	return conn, nil
}

// drop lets go of the connection; the caller holds mu.
func (s *socket) drop() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}

func (s *socket) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
}

// write writes everything, and waits until the kernel on the other side has it:
// what is only in the own one is lost when the connection breaks.
func write(ctx context.Context, conn net.Conn, data []byte) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()
	if _, err := conn.Write(data); err != nil {
		return err
	}
	tick := time.NewTicker(drainedEvery)
	defer tick.Stop()
	for {
		left, err := unsent(conn)
		if err != nil || left == 0 {
			return err
		}
		if gone(conn) {
			return syscall.EPIPE
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// unsent is how many bytes the other side does not have: over TCP its kernel,
// over a unix socket the program itself.
func unsent(conn net.Conn) (n int, err error) {
	raw, err := rawOf(conn)
	if err != nil {
		return 0, err
	}
	inner := raw.Control(func(fd uintptr) {
		if n, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ); err != nil || n > 0 {
			return
		}
		// one that was closed before all was read has nothing left either
		if code, e := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR); e == nil && code != 0 {
			err = syscall.Errno(code)
		}
	})
	return n, errors.Join(inner, err)
}

// gone reports whether the other side has closed a connection.
func gone(conn net.Conn) bool {
	raw, err := rawOf(conn)
	if err != nil {
		return true
	}
	over := false
	inner := raw.Control(func(fd uintptr) {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
		n, err := unix.Poll(p, 0)
		over = err == nil && n > 0 && p[0].Revents&(unix.POLLHUP|unix.POLLRDHUP|unix.POLLERR|unix.POLLNVAL) != 0
	})
	return inner != nil || over
}

func rawOf(conn net.Conn) (syscall.RawConn, error) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return nil, errors.New("the connection is no socket")
	}
	return c.SyscallConn()
}
