package hook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/syncsvc/syncsvc/webhook"
)

// HTTP posts to a URL.
type HTTP struct {
	URL        string // may be a secret; it is in no message
	Format     string // json, or sersync for its form
	SecretFile string // of the key for SignatureHeader; "" = not signed
	TokenFile  string // of a bearer token; "" = none
	CAFile     string // certificates to trust, and no others; "" = the system's
}

// The headers of a request.
const (
	// SignatureHeader is "sha256=" and the HMAC-SHA256 of the body in hex.
	SignatureHeader = "X-Syncsvc-Signature"
	// DeliveryHeader is the same when a request is made again.
	DeliveryHeader = "X-Syncsvc-Delivery"
)

// poster is the teller that posts.
type poster struct {
	o      Options
	h      HTTP
	client *http.Client
}

func newPoster(o Options, h HTTP) (*poster, error) {
	client, err := newClient(h.CAFile)
	if err != nil {
		return nil, err
	}
	return &poster{o, h, client}, nil
}

// newClient returns a client of its own that follows no redirect to another
// host.
func newClient(caFile string) (*http.Client, error) {
	config, err := trust(caFile)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, ForceAttemptHTTP2: true,
		IdleConnTimeout: 30 * time.Second, MaxIdleConnsPerHost: 4,
	}
	return &http.Client{Transport: transport, CheckRedirect: webhook.OnlyWithin}, nil
}

func (p *poster) close() { p.client.CloseIdleConnections() }

func (p *poster) tell(ctx context.Context, id string, events []Event) error {
	if p.h.Format == formatForm {
		for _, e := range events {
			for _, body := range p.forms(e) {
				if err := p.post(ctx, id, "application/x-www-form-urlencoded", body); err != nil {
					return err
				}
			}
		}
		return nil
	}
	body, err := p.o.document(id, events)
	if err != nil {
		return finalError{err}
	}
	return p.post(ctx, id, "application/json", body)
}

func (p *poster) post(ctx context.Context, id, kind string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.h.URL, bytes.NewReader(body))
	if err != nil {
		return finalError{errors.New("the URL of the hook is none")}
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set(DeliveryHeader, id)
	if p.h.SecretFile != "" {
		key, err := secret(p.h.SecretFile)
		if err != nil {
			return awayError{error: fmt.Errorf("sign the request: %w", err)}
		}
		mac := hmac.New(sha256.New, key)
		mac.Write(body)
		req.Header.Set(SignatureHeader, "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	if p.h.TokenFile != "" {
		token, err := secret(p.h.TokenFile)
		if err != nil {
			return awayError{error: fmt.Errorf("read the token: %w", err)}
		}
		req.Header.Set("Authorization", "Bearer "+string(token))
	}
	_, err = do(p.client, req)
	return err
}

// forms are the bodies that sersync posts for what inotify says of a path.
func (p *poster) forms(e Event) [][]byte {
	form := func(path string, mask uint32) []byte {
		dir := "0"
		if e.Dir {
			dir, mask = "1", mask|inIsDir
		}
		return []byte("watchroot=" + formSafe(p.o.Root) + "&isdir=" + dir + "&inotifyPath=" + formSafe(p.o.file(path)) +
			"&mask=" + strconv.FormatUint(uint64(mask), 10))
	}
	switch {
	case e.Kind == Deleted:
		return [][]byte{form(e.Path, inDelete)}
	case e.Kind == Renamed:
		return [][]byte{form(e.Was, inMovedFrom), form(e.Path, inMovedTo)}
	case e.Dir:
		return [][]byte{form(e.Path, inCreate)}
	}
	return [][]byte{form(e.Path, inCloseWrite)}
}

// What inotify(7) calls what happened.
const (
	inCloseWrite = 0x8
	inMovedFrom  = 0x40
	inMovedTo    = 0x80
	inCreate     = 0x100
	inDelete     = 0x200
	inIsDir      = 0x40000000
)

// formSafe escapes in a value only what would end it or be taken for an escape;
// sersync escapes nothing.
func formSafe(s string) string { return escape(s, "%&+") }

// escape writes control characters, and those in more, as %XX.
func escape(s, more string) string {
	var out strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == 0x7f || strings.IndexByte(more, c) >= 0 {
			fmt.Fprintf(&out, "%%%02X", c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}

// do makes a request and returns the answer's body, or what its status means
// for what comes next.
func do(client *http.Client, req *http.Request) ([]byte, error) {
	text, err := webhook.Do(client, req)
	f, failed := errors.AsType[*webhook.Failure](err)
	switch {
	case !failed:
		return text, err
	case f.Final:
		return text, finalError{f.Err}
	}
	return text, awayError{f.Err, f.After}
}
