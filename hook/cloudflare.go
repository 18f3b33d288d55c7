package hook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// maxCloudflare is how many URLs or prefixes one request may have:
// https://developers.cloudflare.com/cache/how-to/purge-cache/
const maxCloudflare = 100

// cloudflare purges by URL and by prefix.
type cloudflare struct {
	*api
	zone string
}

func (c *cloudflare) purge(ctx context.Context, files, folders []string) error {
	err := inChunks(files, maxCloudflare, func(chunk []string) error {
		return c.post(ctx, map[string][]string{"files": chunk})
	})
	if err != nil {
		return err
	}
	return inChunks(folders, maxCloudflare, func(chunk []string) error {
		prefixes := make([]string, len(chunk))
		for i, u := range chunk { // which have no scheme
			_, prefixes[i], _ = strings.Cut(u, "://")
		}
		return c.post(ctx, map[string][]string{"prefixes": prefixes})
	})
}

func (c *cloudflare) purgeAll(ctx context.Context, base string) error {
	return c.purge(ctx, nil, []string{base})
}

func (c *cloudflare) post(ctx context.Context, what map[string][]string) error {
	body, err := json.Marshal(what)
	if err != nil {
		return finalError{err}
	}
	token, err := c.secret()
	if err != nil {
		return err
	}
	req, err := c.request(ctx, "/client/v4/zones/"+url.PathEscape(c.zone)+"/purge_cache", body, map[string]string{
		"Authorization": "Bearer " + string(token), "Content-Type": "application/json",
	})
	if err != nil {
		return err
	}
	text, err := do(c.client, req)
	if err != nil {
		return err
	}
	var answer struct {
		Success bool `json:"success"`
		Errors  []struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("the answer of %s is not JSON: %w", req.URL.Host, err)
	}
	if !answer.Success {
		return finalError{fmt.Errorf("%s refuses: %v", req.URL.Host, answer.Errors)}
	}
	return nil
}
