package alert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxLater is how long a server may ask to be left alone.
const maxLater = 5 * time.Minute

// post sends a message to a URL. The URL is in no error: what makes it work is
// often a secret within it.
func post(ctx context.Context, target string, message []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(message))
	if err != nil {
		return finalError{errors.New("post: the URL of the webhook is none")}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "syncsvc")
	req.Close = true // a message is rare; nothing is kept open for the next
	client := &http.Client{CheckRedirect: onlyWithin}
	resp, err := client.Do(req)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return fmt.Errorf("post to %s: %w", req.URL.Host, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxOutput))
	if err != nil && resp.StatusCode < 300 {
		return nil // it was taken, whatever the answer is worth
	}
	return judge(resp, req.URL.Host, strings.TrimSpace(string(text)))
}

// onlyWithin follows a redirect that keeps the message, to the same host and
// not away from TLS.
func onlyWithin(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	if len(via) > 3 || req.Method != http.MethodPost || req.URL.Host != first.Host || req.URL.Scheme != first.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}

// judge says what an answer means.
func judge(resp *http.Response, host, text string) error {
	if resp.StatusCode < 300 {
		return nil
	}
	err := fmt.Errorf("post to %s: answers %s", host, resp.Status)
	if text != "" {
		err = fmt.Errorf("%w: %q", err, text)
	}
	switch code := resp.StatusCode; {
	case code < 400:
		return finalError{fmt.Errorf("%w, to somewhere else; correct the URL", err)}
	case code == http.StatusTooManyRequests, code >= 500:
		return laterError{err, retryAfter(resp)}
	case code == http.StatusRequestTimeout:
		return err
	}
	return finalError{err}
}

func retryAfter(resp *http.Response) time.Duration {
	s, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || s < 0 {
		return 0
	}
	return min(time.Duration(s)*time.Second, maxLater)
}
