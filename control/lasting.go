package control

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
)

// renewEvery is how often a server looks whether its socket still has its name.
const renewEvery = 5 * time.Second

// lasting is a listener on a unix socket that gets its name back when somebody
// has taken that away, as one who cleans /run does.
type lasting struct {
	path string
	who  access

	mu     sync.Mutex        // guards what follows
	l      *net.UnixListener // in force
	closed bool
}

// Accept waits for a connection, whatever becomes of the socket meanwhile.
func (k *lasting) Accept() (net.Conn, error) {
	for {
		l := k.current()
		c, err := l.Accept()
		if err == nil || l == k.current() {
			return c, err
		}
	}
}

// Addr is the name of the socket.
func (k *lasting) Addr() net.Addr { return &net.UnixAddr{Name: k.path, Net: "unix"} }

// Close takes the socket away for good.
func (k *lasting) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return nil
	}
	k.closed = true
	err := k.l.Close()
	os.Remove(k.path)
	return err
}

func (k *lasting) current() *net.UnixListener {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.l
}

// keep looks after the name until ctx ends. That it cannot be had is said once.
func (k *lasting) keep(ctx context.Context, every time.Duration, log *slog.Logger) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	said := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		renewed, err := k.renew(ctx)
		switch {
		case renewed:
			log.Warn("the control socket had been removed and was made again", "path", k.path)
		case err != nil && !said:
			log.Error("the control socket was removed and cannot be made again", "path", k.path, "err", err)
		}
		said = err != nil
	}
}

// renew makes the socket again if it has lost its name.
func (k *lasting) renew(ctx context.Context) (renewed bool, err error) {
	if _, err := os.Lstat(k.path); !errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return false, nil
	}
	if err := k.who.folder(k.path); err != nil {
		return false, err
	}
	l, err := listenPrivate(ctx, k.path, k.who)
	if err != nil {
		return false, err
	}
	k.l.Close() // nobody can reach it any more
	k.l = l
	return true, nil
}
