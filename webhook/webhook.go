// Package webhook makes a request of a server that somebody else keeps, and
// says what its answer means.
//
// It knows nothing of messages and tries nothing again; its errors tell whether
// that makes sense.
package webhook

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	maxHeard = 64 << 10 // bytes of an answer that are read
	maxSaid  = 2 << 10  // bytes of it that are shown
	maxHops  = 3        // redirects that are followed
	// MaxLater is how long a server may ask to be left alone.
	MaxLater = 5 * time.Minute
)

// Failure says why a request did not get through. No URL is in it, because it
// may be a secret.
type Failure struct {
	Err   error
	Final bool          // the same request will always fail
	After time.Duration // for how long the server wants to be left alone; 0 = not said
}

func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// OnlyWithin is for http.Client.CheckRedirect. It follows a redirect that keeps
// the message, to the same host and not away from TLS.
func OnlyWithin(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > maxHops || req.Method != first.Method || req.URL.Host != first.URL.Host || req.URL.Scheme != first.URL.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}

// Do makes a request and returns the answer's body. Any error is a [*Failure].
func Do(client *http.Client, req *http.Request) ([]byte, error) {
	req.Header.Set("User-Agent", "syncsvc")
	resp, err := client.Do(req)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return nil, &Failure{Err: fmt.Errorf("%s to %s: %w", req.Method, req.URL.Host, err)}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxHeard))
	if err != nil && resp.StatusCode >= 300 {
		text = nil // the status says enough
	}
	if f := judge(resp, req, text); f != nil {
		return text, f
	}
	return text, nil
}

// judge says what an answer means; nil = the message was taken, whatever the
// rest of the answer is worth.
func judge(resp *http.Response, req *http.Request, text []byte) *Failure {
	if resp.StatusCode < 300 {
		return nil
	}
	err := fmt.Errorf("%s to %s: answers %s%s", req.Method, req.URL.Host, resp.Status, said(string(text)))
	switch code := resp.StatusCode; {
	case code < 400:
		return &Failure{Err: fmt.Errorf("%w, to somewhere else; correct the URL", err), Final: true}
	case code == http.StatusTooManyRequests, code >= 500, code == http.StatusRequestTimeout:
		return &Failure{Err: err, After: retryAfter(resp)}
	}
	return &Failure{Err: err, Final: true}
}

// said is the end of an error that quotes the server.
func said(text string) string {
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	return fmt.Sprintf("; it said %q", text[:min(len(text), maxSaid)])
}

func retryAfter(resp *http.Response) time.Duration {
	s, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || s < 0 {
		return 0
	}
	return min(time.Duration(s)*time.Second, MaxLater)
}
