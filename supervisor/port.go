package supervisor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

const (
	// minToken is how short a token may be, in bytes.
	minToken = 16
	// headerPatience is how long a client may take for the head of a request.
	headerPatience = 10 * time.Second
	// idlePatience is how long a connection without a request stays open.
	idlePatience = 2 * time.Minute
	// portGrace is for answers under way when the port closes, and for what a
	// stranger still sends.
	portGrace = time.Second
	// portConns is how many connections there may be. Anybody can make one, and
	// what the service may open is for the modules.
	portConns = 128
)

// port is the optional TCP listener: the same answers as on the socket, for
// whoever has the token.
type port struct {
	l    net.Listener
	http http.Server
}

// openPort listens where the settings say. It returns nil when they say
// nowhere, and refuses to listen where a stranger could read or guess the
// token.
func openPort(ctx context.Context, c config.Control, h http.Handler, log *slog.Logger) (*port, error) {
	if c.Listen == "" {
		return nil, nil
	}
	token, err := readToken(c.TokenFile)
	if err != nil {
		return nil, err
	}
	var keys *tls.Config
	switch {
	case c.TLSCert != "":
		pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("TCP listener: certificate: %w", err)
		}
		keys = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	case !onlyHere(c.Listen):
		return nil, &control.Failed{
			Err:  fmt.Errorf("TCP listener: %s can be reached from elsewhere, where the token could be read on its way", c.Listen),
			Hint: "set tls_cert and tls_key, or listen on 127.0.0.1",
		}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("TCP listener: %w", err)
	}
	l = newBounded(l, portConns)
	if keys != nil {
		l = tls.NewListener(l, keys)
	}
	p := &port{l: l}
	p.http = http.Server{
		Handler: guarded(token, h), ReadHeaderTimeout: headerPatience, IdleTimeout: idlePatience,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	log.Info("control API is also at", "address", l.Addr().String(), "tls", keys != nil)
	return p, nil
}

// run answers until ctx ends.
func (p *port) run(ctx context.Context) error {
	p.http.BaseContext = func(net.Listener) context.Context { return ctx }
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), portGrace)
		defer cancel()
		if p.http.Shutdown(grace) != nil {
			p.http.Close()
		}
	}()
	if err := p.http.Serve(p.l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve TCP listener: %w", err)
	}
	<-stopped
	return nil
}

// readToken reads the secret that opens the port. Nobody else may be able to.
func readToken(path string) ([]byte, error) {
	if path == "" {
		return nil, &control.Failed{
			Err:  errors.New("TCP listener: it needs a token_file, or everybody could use it"),
			Hint: "openssl rand -hex 32 > /etc/syncsvc/token; chmod 600 /etc/syncsvc/token",
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("TCP listener: token file: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, &control.Failed{
			Err:  fmt.Errorf("TCP listener: token file %s has mode %04o, others can read it", path, mode),
			Hint: "chmod 600 " + path,
		}
	}
	token, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("TCP listener: token file: %w", err)
	}
	token = bytes.TrimSpace(token)
	if len(token) < minToken {
		return nil, &control.Failed{
			Err:  fmt.Errorf("TCP listener: the token in %s is shorter than %d characters", path, minToken),
			Hint: "openssl rand -hex 32 > " + path,
		}
	}
	return token, nil
}

// onlyHere reports whether an address can be reached from this machine alone.
func onlyHere(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// guarded lets only requests with the token through. The comparison takes the
// same time whatever is wrong with it.
func guarded(token []byte, h http.Handler) http.Handler {
	want := sha256.Sum256(token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(given))
		if subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			w.Header().Set("Connection", "close")
			// Before it answers, the server would wait for the body.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(portGrace))
			control.WriteError(w, &control.Failed{
				Status: http.StatusUnauthorized, Err: errors.New("the token is missing or wrong"),
				Hint: "send the header Authorization: Bearer TOKEN",
			})
			return
		}
		h.ServeHTTP(w, r)
	})
}
