package hook

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// How many URLs and folders one request may have:
// https://www.alibabacloud.com/help/en/cdn/developer-reference/api-cdn-2018-05-10-refreshobjectcaches
const (
	maxAliyunFiles   = 1000
	maxAliyunFolders = 100
)

// aliyun calls RefreshObjectCaches, signed with ACS3-HMAC-SHA256:
// https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
type aliyun struct {
	*api
	keyID string
	nonce func() string
}

func newNonce() string { return rand.Text() }

func (a *aliyun) purge(ctx context.Context, files, folders []string) error {
	err := inChunks(files, maxAliyunFiles, func(chunk []string) error { return a.refresh(ctx, "File", chunk) })
	if err != nil {
		return err
	}
	return inChunks(folders, maxAliyunFolders, func(chunk []string) error { return a.refresh(ctx, "Directory", chunk) })
}

func (a *aliyun) purgeAll(ctx context.Context, base string) error {
	return a.purge(ctx, nil, []string{base})
}

func (a *aliyun) refresh(ctx context.Context, kind string, urls []string) error {
	key, err := a.secret()
	if err != nil {
		return err
	}
	body := []byte(url.Values{"ObjectType": {kind}, "ObjectPath": {strings.Join(urls, "\n")}}.Encode())
	req, err := a.request(ctx, "/", body, map[string]string{
		"Content-Type": "application/x-www-form-urlencoded", "x-acs-action": "RefreshObjectCaches", "x-acs-version": "2018-05-10",
		"x-acs-date": a.now().UTC().Format("2006-01-02T15:04:05Z"), "x-acs-signature-nonce": a.nonce(),
	})
	if err != nil {
		return err
	}
	signAliyun(req, body, a.keyID, key)
	_, err = do(a.client, req)
	return aliyunError(err)
}

// signAliyun signs a request with all its x-acs headers, the host and the type
// of its content.
func signAliyun(req *http.Request, body []byte, keyID string, key []byte) {
	req.Header.Set("x-acs-content-sha256", hash(body))
	values := map[string]string{"host": req.URL.Host}
	for name := range req.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-acs-") || lower == "content-type" {
			values[lower] = strings.TrimSpace(req.Header.Get(name))
		}
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	var headers strings.Builder
	for _, name := range names {
		fmt.Fprintf(&headers, "%s:%s\n", name, values[name])
	}
	signed := strings.Join(names, ";")
	canonical := strings.Join([]string{req.Method, "/", req.URL.RawQuery, headers.String(), signed, hash(body)}, "\n")
	const algorithm = "ACS3-HMAC-SHA256"
	signature := hex.EncodeToString(sign(key, algorithm+"\n"+hash([]byte(canonical))))
	req.Header.Set("Authorization", fmt.Sprintf("%s Credential=%s,SignedHeaders=%s,Signature=%s", algorithm, keyID, signed, signature))
}

// aliyunError knows the refusals of Aliyun that pass, though their status says
// otherwise: the daily quota, and a domain that is being configured.
func aliyunError(err error) error {
	if err == nil || !isFinal(err) {
		return err
	}
	for _, passes := range []string{"Throttling", "QuotaExceeded", "ServiceBusy"} {
		if strings.Contains(err.Error(), passes) {
			return awayError{err, maxLater}
		}
	}
	return err
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func sign(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
