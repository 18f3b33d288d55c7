package alert

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"github.com/syncsvc/syncsvc/webhook"
)

// post sends a message to a URL. The URL is in no error: what makes it work is
// often a secret within it.
func post(ctx context.Context, target string, message []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(message))
	if err != nil {
		return finalError{errors.New("post: the URL of the webhook is none")}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Close = true // a message is rare; nothing is kept open for the next
	_, err = webhook.Do(&http.Client{CheckRedirect: webhook.OnlyWithin}, req)
	f, failed := errors.AsType[*webhook.Failure](err)
	switch {
	case !failed:
		return err
	case f.Final:
		return finalError{f.Err}
	}
	return laterError{f.Err, f.After}
}
