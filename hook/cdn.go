package hook

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// CDN has a content delivery network forget its copies.
type CDN struct {
	Provider string // cloudflare, fastly, aliyun, tencent or sersync
	Base     string // URL of the watched folder
	Regex    string // see mapping; "" = none

	Zone    string // of cloudflare
	Service string // of fastly: purge by surrogate key; "" = by URL
	KeyID   string // of aliyun and tencent
	User    string // of sersync
	// SecretFile holds the token, key or password; Password is it for sersync
	// when it stands in sersync's own XML.
	SecretFile string
	Password   string
	Endpoint   string // http(s)://host[:port]; "" = the provider's own
	CAFile     string // certificates to trust, and no others; "" = the system's
}

// purger makes the requests of one provider.
type purger interface {
	// purge has copies forgotten: of these URLs, and of all that is beneath these
	// folders, whose URLs end with "/". Either can be empty.
	purge(ctx context.Context, files, folders []string) error
	// purgeAll has everything forgotten beneath the URL of the watched folder.
	purgeAll(ctx context.Context, base string) error
}

// purgeTeller turns events into URLs for a purger.
type purgeTeller struct {
	urls   *mapping
	purger purger
	client *http.Client
}

func newPurgeTeller(o Options, c CDN) (teller, error) {
	urls, err := newMapping(o, c.Base, c.Regex)
	if err != nil {
		return nil, err
	}
	client, err := newClient(c.CAFile)
	if err != nil {
		return nil, err
	}
	api := &api{client: client, secretFile: c.SecretFile, now: time.Now}
	t := &purgeTeller{urls: urls, client: client}
	at := func(usual string) { api.endpoint = cmp.Or(c.Endpoint, usual) }
	switch c.Provider {
	case "cloudflare":
		at("https://api.cloudflare.com")
		t.purger = &cloudflare{api, c.Zone}
	case "fastly":
		at("https://api.fastly.com")
		t.purger = &fastly{api, c.Service}
	case "aliyun":
		at("https://cdn.aliyuncs.com")
		t.purger = &aliyun{api, c.KeyID, newNonce}
	case "tencent":
		at("https://cdn.tencentcloudapi.com")
		t.purger = &tencent{api, c.KeyID}
	case "sersync":
		return newRefreshCDN(o, c)
	default:
		return nil, fmt.Errorf("there is no provider %q", c.Provider)
	}
	return t, nil
}

func (t *purgeTeller) close() { t.client.CloseIdleConnections() }

func (t *purgeTeller) tell(ctx context.Context, _ string, events []Event) error {
	if events[0].Kind == Collapsed {
		return t.purger.purgeAll(ctx, t.urls.base)
	}
	files, folders := t.urls.of(events)
	if len(files)+len(folders) == 0 {
		return nil
	}
	return t.purger.purge(ctx, files, folders)
}

// of returns the URLs that some events are about, each once: single ones, and
// folders with everything beneath. Only of a folder that went or came as a whole
// it is not known what is in it.
func (m *mapping) of(events []Event) (files, folders []string) {
	add := func(path string, dir, deep bool) {
		u, ok := m.url(path, dir)
		switch {
		case !ok:
		case deep:
			folders = append(folders, u)
		default:
			files = append(files, u)
		}
	}
	for _, e := range events {
		deep := e.Dir && e.Kind != Sent
		if e.Was != "" {
			add(e.Was, e.Dir, deep)
		}
		add(e.Path, e.Dir, deep)
	}
	return unique(files), unique(folders)
}

func unique(list []string) []string {
	seen := make(map[string]bool, len(list))
	return slices.DeleteFunc(list, func(s string) bool {
		was := seen[s]
		seen[s] = true
		return was
	})
}

// api is what the providers have in common.
type api struct {
	client     *http.Client
	endpoint   string
	secretFile string
	now        func() time.Time
}

// request makes a POST request with a body and headers.
func (a *api) request(ctx context.Context, path string, body []byte, headers map[string]string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.endpoint+path, bytes.NewReader(body))
	if err != nil {
		return nil, finalError{errors.New("the endpoint is no URL")}
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	return req, nil
}

// secret returns the token or key. One that can't be read is a matter of the
// machine, not of what is told.
func (a *api) secret() ([]byte, error) {
	s, err := secret(a.secretFile)
	if err != nil {
		return nil, awayError{error: err}
	}
	return s, nil
}

// inChunks calls each with up to n of the list at a time, until one fails.
func inChunks(list []string, n int, each func([]string) error) error {
	for chunk := range slices.Chunk(list, n) {
		if err := each(chunk); err != nil {
			return err
		}
	}
	return nil
}
