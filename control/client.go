package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
)

// ErrNotRunning is returned when nobody answers on the socket.
var ErrNotRunning = errors.New("not running")

// Client asks on one unix socket. It keeps no connection open.
type Client struct {
	path string
	http http.Client
}

// ServiceName is the supervisor's own name among the sockets; no module may
// have it.
const ServiceName = "syncsvc"

// Socket returns the path of a module's control socket, or of the supervisor's
// with [ServiceName].
func Socket(runDir, module string) string {
	return filepath.Join(runDir, module+".sock")
}

// Dial returns a client for the socket at path. Nothing is opened before the
// first request.
func Dial(path string) *Client {
	return &Client{path: path, http: http.Client{Transport: Transport(path)}}
}

// dial connects to the socket at path, however long that is.
func dial(ctx context.Context, path string) (net.Conn, error) {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	var d net.Dialer
	return d.DialContext(ctx, "unix", short(dir, path))
}

// Get asks for route and fills answer.
func (c *Client) Get(ctx context.Context, route string, answer any) error {
	return c.do(ctx, http.MethodGet, route, nil, answer)
}

// Post sends request to route and fills answer; either may be nil.
func (c *Client) Post(ctx context.Context, route string, request, answer any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	return c.do(ctx, http.MethodPost, route, body, answer)
}

// Transport carries HTTP requests to the socket at path, whatever host they
// name. It keeps no connection open.
func Transport(path string) http.RoundTripper {
	connect := func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, path) }
	return &http.Transport{DialContext: connect, DisableKeepAlives: true}
}

// do asks and fills answer, which may be nil.
func (c *Client) do(ctx context.Context, method, route string, body []byte, answer any) error {
	resp, err := c.open(ctx, method, route, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if answer == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(answer); err != nil {
		return fmt.Errorf("read answer of %s: %w", c.path, err)
	}
	return nil
}

// open returns an error wrapping [ErrNotRunning] when nobody answers, and a
// [*Failed] when the answer is an error.
func (c *Client) open(ctx context.Context, method, route string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://syncsvc"+route, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("build request %s: %w", route, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	var e Error
	if err := json.NewDecoder(resp.Body).Decode(&e); err != nil || e.Message == "" {
		e.Message = resp.Status
	}
	return nil, &Failed{Status: resp.StatusCode, Err: errors.New(e.Message), Hint: e.Hint}
}

// unreachable says why nobody answered.
func (c *Client) unreachable(err error) error {
	switch {
	case IsNobody(err):
		return fmt.Errorf("%w: nobody answers on %s", ErrNotRunning, c.path)
	case errors.Is(err, syscall.EACCES):
		return &Failed{
			Status: http.StatusForbidden, Err: fmt.Errorf("ask %s: permission denied", c.path),
			Hint: "be root, or in the group that socket_group in syncsvc.yaml names",
		}
	}
	return fmt.Errorf("ask %s: %w", c.path, errors.Unwrap(err))
}

// IsNobody reports whether err of a connection means that there is no socket,
// or nobody behind it.
func IsNobody(err error) bool {
	return errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED)
}
