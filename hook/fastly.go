package hook

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
)

// maxFastly is how many surrogate keys one request may have:
// https://www.fastly.com/documentation/reference/api/purging/
const maxFastly = 256

// fastly purges URL by URL, or by surrogate keys when it knows the service: the
// key of a page is the path of its URL, and a folder's ends with "/". By URL it
// can't purge what is beneath a folder; that is told file by file anyhow.
type fastly struct {
	*api
	service string
}

func (f *fastly) purge(ctx context.Context, files, folders []string) error {
	if f.service != "" {
		return inChunks(append(files, folders...), maxFastly, func(chunk []string) error { return f.keys(ctx, chunk) })
	}
	for _, u := range append(files, folders...) {
		_, cached, _ := strings.Cut(u, "://")
		if err := f.post(ctx, "/purge/"+cached, nil); err != nil {
			return err
		}
	}
	return nil
}

func (f *fastly) purgeAll(ctx context.Context, _ string) error {
	if f.service == "" {
		return finalError{errors.New("too much has changed to be purged one by one, and that takes a service: add service:, or purge by hand")}
	}
	return f.post(ctx, "/service/"+url.PathEscape(f.service)+"/purge_all", nil)
}

// keys purges what has one of the keys.
func (f *fastly) keys(ctx context.Context, urls []string) error {
	var body struct {
		Keys []string `json:"surrogate_keys"`
	}
	for _, s := range urls {
		u, err := url.Parse(s)
		if err != nil {
			return finalError{errors.New("the base of the URLs is none")}
		}
		body.Keys = append(body.Keys, u.EscapedPath())
	}
	text, err := json.Marshal(body)
	if err != nil {
		return finalError{err}
	}
	return f.post(ctx, "/service/"+url.PathEscape(f.service)+"/purge", text)
}

func (f *fastly) post(ctx context.Context, path string, body []byte) error {
	token, err := f.secret()
	if err != nil {
		return err
	}
	req, err := f.request(ctx, path, body, map[string]string{
		"Fastly-Key": string(token), "Accept": "application/json", "Content-Type": "application/json",
	})
	if err != nil {
		return err
	}
	_, err = do(f.client, req)
	return err
}
