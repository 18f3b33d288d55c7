package hook

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// refreshCDN makes the request of sersync's plugin of that name: the URLs as they
// are, and the password in them. Only what would break the request is escaped.
type refreshCDN struct {
	o    Options
	c    CDN
	urls *mapping
	at   *url.URL
	tls  *tls.Config
}

func newRefreshCDN(o Options, c CDN) (teller, error) {
	urls, err := newMapping(o, c.Base, c.Regex)
	if err != nil {
		return nil, err
	}
	at, err := url.Parse(c.Endpoint)
	if err != nil {
		return nil, errors.New("the endpoint is no URL")
	}
	config, err := trust(c.CAFile)
	if err != nil {
		return nil, err
	}
	return &refreshCDN{o, c, urls, at, config}, nil
}

func (r *refreshCDN) close() {}

func (r *refreshCDN) tell(ctx context.Context, _ string, events []Event) error {
	for _, e := range events {
		paths := []string{e.Path}
		if e.Was != "" {
			paths = []string{e.Was, e.Path}
		}
		for _, p := range paths {
			if err := r.refresh(ctx, p, e.Dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// refresh makes the request for one path; what the expression is not found in
// is passed over.
func (r *refreshCDN) refresh(ctx context.Context, path string, dir bool) error {
	request, ok, err := r.request(path, dir)
	if err != nil || !ok {
		return err
	}
	conn, err := r.dial(ctx)
	if err != nil {
		return awayError{error: err}
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })()
	if _, err := io.WriteString(conn, request); err != nil {
		return awayError{error: fmt.Errorf("write to %s: %w", r.at.Host, err)}
	}
	return r.answer(conn)
}

// request is what is sent for a path.
func (r *refreshCDN) request(path string, dir bool) (text string, ok bool, err error) {
	rest, ok := r.urls.rest(path)
	if !ok {
		return "", false, nil
	}
	if r.urls.regex == nil && rest != "" {
		rest = "/" + rest // sersync leaves it to the path to bring it
	}
	// There a line break parts two URLs, and a name is one: as in an URL.
	rest = strings.NewReplacer("\r", "%0D", "\n", "%0A").Replace(rest)
	password := r.c.Password
	if r.c.SecretFile != "" {
		read, err := secret(r.c.SecretFile)
		if err != nil {
			return "", false, awayError{error: err}
		}
		password = string(read)
	}
	key, end := "urls", ""
	if dir {
		key, end = "dirs", "/"
	}
	const breaks = " #&%+"
	return fmt.Sprintf("HEAD /index.jsp?user=%s&pswd=%s&ok=ok&%s=%s%s%s HTTP/1.0\r\nHost: %s\r\n\r\n",
		escape(r.c.User, breaks), escape(password, breaks), key, r.c.Base, escape(rest, breaks), end, r.at.Hostname()), true, nil
}

func (r *refreshCDN) dial(ctx context.Context) (net.Conn, error) {
	port := r.at.Port()
	if r.at.Scheme == "https" {
		address := net.JoinHostPort(r.at.Hostname(), cmp.Or(port, "443"))
		return (&tls.Dialer{Config: r.tls}).DialContext(ctx, "tcp", address)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(r.at.Hostname(), cmp.Or(port, "80")))
}

// answer reads what the receiver makes of a request: the header "whatsup" says
// so, else the status.
func (r *refreshCDN) answer(conn net.Conn) error {
	in := textproto.NewReader(bufio.NewReader(io.LimitReader(conn, maxHeardBack)))
	first, err := in.ReadLine()
	if err != nil {
		return awayError{error: fmt.Errorf("answer of %s: %w", r.at.Host, err)}
	}
	_, rest, _ := strings.Cut(first, " ")
	code, err := strconv.Atoi(strings.SplitN(rest+" ", " ", 2)[0])
	if err != nil || !strings.HasPrefix(first, "HTTP/") {
		return finalError{fmt.Errorf("answer of %s: %q is not HTTP", r.at.Host, first)}
	}
	headers, _ := in.ReadMIMEHeader() // what could not be read is not there; the status is enough
	says := headers.Get("Whatsup")
	refused := fmt.Errorf("%s answers %q%s", r.at.Host, first, quoted(says))
	switch {
	case strings.Contains(strings.ToLower(says), "succeed"), says == "" && code < 300:
		return nil
	case code >= 500, code == 429:
		return awayError{error: refused}
	}
	return finalError{refused}
}
