package hook

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// How many URLs and folders one request may have:
// https://www.tencentcloud.com/document/product/228/33601 and 33602
const (
	maxTencentFiles   = 1000
	maxTencentFolders = 500
)

// tencent calls PurgeUrlsCache and PurgePathCache, signed with TC3-HMAC-SHA256:
// https://www.tencentcloud.com/document/product/228/31562
type tencent struct {
	*api
	keyID string
}

func (t *tencent) purge(ctx context.Context, files, folders []string) error {
	err := inChunks(files, maxTencentFiles, func(chunk []string) error {
		return t.call(ctx, "PurgeUrlsCache", map[string]any{"Urls": chunk})
	})
	if err != nil {
		return err
	}
	return inChunks(folders, maxTencentFolders, func(chunk []string) error {
		return t.call(ctx, "PurgePathCache", map[string]any{"Paths": chunk, "FlushType": "delete"})
	})
}

func (t *tencent) purgeAll(ctx context.Context, base string) error {
	return t.purge(ctx, nil, []string{base})
}

func (t *tencent) call(ctx context.Context, action string, what map[string]any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return finalError{err}
	}
	key, err := t.secret()
	if err != nil {
		return err
	}
	req, err := t.request(ctx, "/", body, map[string]string{
		"Content-Type": "application/json; charset=utf-8", "X-TC-Action": action, "X-TC-Version": "2018-06-06",
	})
	if err != nil {
		return err
	}
	signTencent(req, body, "cdn", t.keyID, key, t.now())
	text, err := do(t.client, req)
	if err != nil {
		return err
	}
	return tencentAnswer(req.URL.Host, text)
}

// signTencent signs the type of a request's content, its host and its action.
func signTencent(req *http.Request, body []byte, service, keyID string, key []byte, now time.Time) {
	const algorithm, signed = "TC3-HMAC-SHA256", "content-type;host;x-tc-action"
	stamp, date := strconv.FormatInt(now.Unix(), 10), now.UTC().Format(time.DateOnly)
	headers := fmt.Sprintf("content-type:%s\nhost:%s\nx-tc-action:%s\n",
		req.Header.Get("Content-Type"), req.URL.Host, strings.ToLower(req.Header.Get("X-TC-Action")))
	canonical := strings.Join([]string{req.Method, "/", "", headers, signed, hash(body)}, "\n")
	scope := date + "/" + service + "/tc3_request"
	text := strings.Join([]string{algorithm, stamp, scope, hash([]byte(canonical))}, "\n")
	dayKey := sign(append([]byte("TC3"), key...), date)
	signature := hex.EncodeToString(sign(sign(sign(dayKey, service), "tc3_request"), text))
	req.Header.Set("X-TC-Timestamp", stamp)
	req.Header.Set("Authorization", fmt.Sprintf("%s Credential=%s/%s, SignedHeaders=%s, Signature=%s", algorithm, keyID, scope, signed, signature))
}

// tencentAnswer finds the error in an answer, whose status is 200 all the same.
func tencentAnswer(host string, text []byte) error {
	var answer struct {
		Response struct {
			Error *struct{ Code, Message string }
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("the answer of %s is not JSON: %w", host, err)
	}
	e := answer.Response.Error
	if e == nil {
		return nil
	}
	err := fmt.Errorf("%s refuses: %s: %s", host, e.Code, e.Message)
	switch {
	case strings.HasPrefix(e.Code, "RequestLimitExceeded"), strings.HasPrefix(e.Code, "LimitExceeded"):
		return awayError{err, maxLater}
	case strings.HasPrefix(e.Code, "InternalError"), strings.HasPrefix(e.Code, "AuthFailure.SignatureExpire"):
		return awayError{error: err}
	}
	return finalError{err}
}
