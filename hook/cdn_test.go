package hook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// purging is a hook for a CDN whose API is a receiver on this machine.
func purging(t *testing.T, r *receiver, c CDN, change ...Event) *bench {
	t.Helper()
	key := filepath.Join(t.TempDir(), "key")
	must(t, os.WriteFile(key, []byte("s3cret\n"), 0o600))
	c.SecretFile, c.Endpoint, c.Base = key, r.URL, "https://cdn.example.com/x/"
	s := spec("cdn")
	s.CDN, s.Batch, s.Every, s.Queue = c, 5000, 50*time.Millisecond, 100_000
	b := newBench(t, s)
	b.hooks.Arrived(change)
	return b
}

// typical are events of all sorts.
func typical() []Event {
	return []Event{
		{Path: "a b/ä#?.html", Kind: Sent},
		{Path: "a b/ä#?.html", Kind: Sent},
		{Path: "dir", Kind: Sent, Dir: true},
		{Path: "gone", Kind: Deleted, Dir: true},
		{Path: "new.css", Was: "old.css", Kind: Renamed},
	}
}

func many(n int) []Event {
	var list []Event
	for i := range n {
		list = append(list, Event{Path: fmt.Sprint(i), Kind: Sent})
	}
	return list
}

func TestCloudflare(t *testing.T) {
	r := newReceiver(t, nil)
	r.Config.Handler = answering(r, `{"success":true}`)
	b := purging(t, r, CDN{Provider: "cloudflare", Zone: "z1"}, typical()...)
	b.delivered(5)
	got := r.got()
	want := []string{
		`{"files":["https://cdn.example.com/x/a%20b/%C3%A4%23%3F.html","https://cdn.example.com/x/dir/",` +
			`"https://cdn.example.com/x/old.css","https://cdn.example.com/x/new.css"]}`,
		`{"prefixes":["cdn.example.com/x/gone/"]}`,
	}
	if diff := cmp.Diff(want, bodies(got)); diff != "" {
		t.Error(diff)
	}
	if q := got[0]; q.path != "/client/v4/zones/z1/purge_cache" || q.header.Get("Authorization") != "Bearer s3cret" {
		t.Errorf("%+v", q)
	}
}

func TestProvidersGetNoMoreThanTheyTakeAtATime(t *testing.T) {
	for provider, want := range map[string]int{"cloudflare": 25, "aliyun": 3, "tencent": 3} {
		r := newReceiver(t, nil)
		r.Config.Handler = answering(r, `{"success":true,"Response":{}}`)
		b := purging(t, r, CDN{Provider: provider, Zone: "z", KeyID: "k"}, many(2500)...)
		b.delivered(2500)
		if got := len(r.got()); got != want {
			t.Errorf("%s was asked %d times, want %d", provider, got, want)
		}
	}
}

func TestRefusalOfAProviderIsToldInItsWords(t *testing.T) {
	for provider, answer := range map[string]string{
		"cloudflare": `{"success":false,"errors":[{"code":1012,"message":"no such zone"}]}`,
		"tencent":    `{"Response":{"Error":{"Code":"InvalidParameter","Message":"no such zone"}}}`,
	} {
		r := newReceiver(t, nil)
		r.Config.Handler = answering(r, answer)
		b := purging(t, r, CDN{Provider: provider, Zone: "z", KeyID: "k"}, many(1)...)
		b.until("it failed", func() bool { return b.status().Failed == 1 })
		if !strings.Contains(b.status().LastError, "no such zone") {
			t.Error(b.status().LastError)
		}
	}
}

func TestFastly(t *testing.T) {
	r := newReceiver(t, nil)
	b := purging(t, r, CDN{Provider: "fastly"}, typical()...)
	b.delivered(5)
	var paths []string
	for _, q := range r.got() {
		paths = append(paths, q.method+" "+q.path+" "+q.header.Get("Fastly-Key"))
	}
	want := []string{
		"POST /purge/cdn.example.com/x/a%20b/%C3%A4%23%3F.html s3cret", "POST /purge/cdn.example.com/x/dir/ s3cret",
		"POST /purge/cdn.example.com/x/old.css s3cret", "POST /purge/cdn.example.com/x/new.css s3cret",
		"POST /purge/cdn.example.com/x/gone/ s3cret",
	}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Error(diff)
	}
}

func TestFastlyByKeys(t *testing.T) {
	r := newReceiver(t, nil)
	b := purging(t, r, CDN{Provider: "fastly", Service: "svc"}, append(typical(), Event{Path: ".", Kind: Collapsed, Dir: true, Count: 9})...)
	b.delivered(6)
	got := r.got()
	want := []string{`{"surrogate_keys":["/x/a%20b/%C3%A4%23%3F.html","/x/dir/","/x/old.css","/x/new.css","/x/gone/"]}`, ""}
	if diff := cmp.Diff(want, bodies(got)); diff != "" {
		t.Error(diff)
	}
	if got[0].path != "/service/svc/purge" || got[1].path != "/service/svc/purge_all" {
		t.Errorf("%+v", got)
	}
}

func TestAliyun(t *testing.T) {
	r := newReceiver(t, nil)
	b := purging(t, r, CDN{Provider: "aliyun", KeyID: "AK"}, typical()...)
	b.delivered(5)
	got := r.got()
	for i, want := range []url.Values{
		{"ObjectType": {"File"}, "ObjectPath": {"https://cdn.example.com/x/a%20b/%C3%A4%23%3F.html\nhttps://cdn.example.com/x/dir/\n" +
			"https://cdn.example.com/x/old.css\nhttps://cdn.example.com/x/new.css"}},
		{"ObjectType": {"Directory"}, "ObjectPath": {"https://cdn.example.com/x/gone/"}},
	} {
		form, err := url.ParseQuery(got[i].body)
		must(t, err)
		if diff := cmp.Diff(want, form); diff != "" {
			t.Error(diff)
		}
		checkAliyun(t, r, got[i])
	}
	if got[0].header.Get("x-acs-signature-nonce") == got[1].header.Get("x-acs-signature-nonce") {
		t.Error("a nonce is used twice")
	}
}

// checkAliyun checks a signature as the documentation says, from what arrived.
func checkAliyun(t *testing.T, r *receiver, q received) {
	t.Helper()
	credential, rest, _ := strings.Cut(strings.TrimPrefix(q.header.Get("Authorization"), "ACS3-HMAC-SHA256 Credential="), ",SignedHeaders=")
	signed, signature, _ := strings.Cut(rest, ",Signature=")
	var headers string
	for name := range strings.SplitSeq(signed, ";") {
		value := q.header.Get(name)
		if name == "host" {
			value = strings.TrimPrefix(r.URL, "http://")
		}
		headers += name + ":" + value + "\n"
	}
	sum := sha256.Sum256([]byte(q.body))
	canonical := "POST\n/\n\n" + headers + "\n" + signed + "\n" + hex.EncodeToString(sum[:])
	sum = sha256.Sum256([]byte(canonical))
	mac := hmac.New(sha256.New, []byte("s3cret"))
	fmt.Fprintf(mac, "ACS3-HMAC-SHA256\n%x", sum)
	if want := hex.EncodeToString(mac.Sum(nil)); signature != want || credential != "AK" ||
		signed != "content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version" {
		t.Errorf("signed %q by %q: got %s, want %s", signed, credential, signature, want)
	}
}

// TestAliyunSignatureOfTheDocumentation has the numbers from
// https://help.aliyun.com/document_detail/2593177.html
func TestAliyunSignatureOfTheDocumentation(t *testing.T) {
	req, err := http.NewRequest(http.MethodPost, "https://ecs.cn-shanghai.aliyuncs.com/?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai", nil)
	must(t, err)
	for name, value := range map[string]string{
		"x-acs-action": "RunInstances", "x-acs-version": "2014-05-26", "x-acs-date": "2023-10-26T10:22:32Z",
		"x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
	} {
		req.Header.Set(name, value)
	}
	signAliyun(req, nil, "YourAccessKeyId", []byte("YourAccessKeySecret"))
	want := "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version," +
		"Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
	if got := req.Header.Get("Authorization"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTencent(t *testing.T) {
	r := newReceiver(t, nil)
	r.Config.Handler = answering(r, `{"Response":{"TaskId":"1"}}`)
	b := purging(t, r, CDN{Provider: "tencent", KeyID: "ID"}, typical()...)
	b.delivered(5)
	got := r.got()
	want := []string{
		`{"Urls":["https://cdn.example.com/x/a%20b/%C3%A4%23%3F.html","https://cdn.example.com/x/dir/","https://cdn.example.com/x/old.css","https://cdn.example.com/x/new.css"]}`,
		`{"FlushType":"delete","Paths":["https://cdn.example.com/x/gone/"]}`,
	}
	if diff := cmp.Diff(want, bodies(got)); diff != "" {
		t.Error(diff)
	}
	for i, action := range []string{"PurgeUrlsCache", "PurgePathCache"} {
		if h := got[i].header; h.Get("X-TC-Action") != action || h.Get("X-TC-Version") != "2018-06-06" {
			t.Errorf("%v", h)
		}
		checkTencent(t, r, got[i])
	}
}

// checkTencent checks a signature as the documentation says, from what arrived.
func checkTencent(t *testing.T, r *receiver, q received) {
	t.Helper()
	key := func(k []byte, text string) []byte {
		mac := hmac.New(sha256.New, k)
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
	var seconds int64
	must(t, json.Unmarshal([]byte(q.header.Get("X-TC-Timestamp")), &seconds))
	date := time.Unix(seconds, 0).UTC().Format("2006-01-02")
	sum := sha256.Sum256([]byte(q.body))
	canonical := fmt.Sprintf("POST\n/\n\ncontent-type:application/json; charset=utf-8\nhost:%s\nx-tc-action:%s\n\ncontent-type;host;x-tc-action\n%x",
		strings.TrimPrefix(r.URL, "http://"), strings.ToLower(q.header.Get("X-TC-Action")), sum)
	sum = sha256.Sum256([]byte(canonical))
	text := fmt.Sprintf("TC3-HMAC-SHA256\n%d\n%s/cdn/tc3_request\n%x", seconds, date, sum)
	signature := key(key(key(key([]byte("TC3s3cret"), date), "cdn"), "tc3_request"), text)
	want := fmt.Sprintf("TC3-HMAC-SHA256 Credential=ID/%s/cdn/tc3_request, SignedHeaders=content-type;host;x-tc-action, Signature=%x", date, signature)
	if got := q.header.Get("Authorization"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// answering notes requests in r and answers with a text.
func answering(r *receiver, text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.ServeHTTP(w, req)
		_, _ = w.Write([]byte(text))
	})
}

func bodies(list []received) (out []string) {
	for _, q := range list {
		out = append(out, q.body)
	}
	return out
}

func TestMappingOfURLs(t *testing.T) {
	for _, c := range []struct{ base, regex, path, want string }{
		{"http://h/", "", "a/b.html", "http://h/a/b.html"},
		{"http://h/", "", ".", "http://h/"},
		{"http://h/", "", "50%/x y+z&=\xff", "http://h/50%25/x%20y+z&=%FF"},
		{"http://blog.example.com/cms", "/srv/www([/a-z0-9]*)\\.xhtml", "site/1.xhtml", "http://blog.example.com/cms/site/1"},
		{"http://h", "/www", "a.html", "http://h/a.html"},
		{"http://h", "nowhere", "a.html", ""},
	} {
		m, err := newMapping(Options{Root: "/srv/www"}, c.base, c.regex)
		must(t, err)
		if got, _ := m.url(c.path, false); got != c.want {
			t.Errorf("%q %q %q: got %q, want %q", c.base, c.regex, c.path, got, c.want)
		}
	}
}

func TestRefreshCDNMakesTheRequestOfSersync(t *testing.T) {
	for _, c := range []struct {
		name string
		c    CDN
		e    Event
		want string
	}{
		{"file", CDN{Base: "http://www.example.com/blog"}, Event{Path: "a/b.html", Kind: Sent}, "HEAD /index.jsp?user=U&pswd=P&ok=ok&urls=http://www.example.com/blog/a/b.html HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"},
		{"folder", CDN{Base: "http://www.example.com"}, Event{Path: "a", Kind: Deleted, Dir: true}, "HEAD /index.jsp?user=U&pswd=P&ok=ok&dirs=http://www.example.com/a/ HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"},
		{"regex", CDN{Base: "http://h", Regex: `/www/cms([/a-z]*)\.x`}, Event{Path: "cms/site/y.xhtml", Kind: Sent}, "HEAD /index.jsp?user=U&pswd=P&ok=ok&urls=http://h/site/yhtml HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"},
		{"name of two lines is one URL", CDN{Base: "http://h"}, Event{Path: "x HTTP/1.0\r\nEvil: 1", Kind: Sent}, "HEAD /index.jsp?user=U&pswd=P&ok=ok&urls=http://h/x%20HTTP/1.0%250D%250AEvil:%201 HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := newServer(t, "tcp", "127.0.0.1:0")
			c.c.User, c.c.Password, c.c.Endpoint = "U", "P", "http://"+srv.Addr().String()
			r, err := newRefreshCDN(Options{Root: "/srv/www"}, c.c)
			must(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			told := make(chan error, 1) // one result
			go func() { told <- r.tell(ctx, "", []Event{c.e}) }()
			b := &bench{TB: t, hooks: &Hooks{}, log: &transcript{}}
			b.until("the request is there", func() bool {
				srv.mu.Lock()
				defer srv.mu.Unlock()
				return strings.HasSuffix(strings.Join(srv.lines, ""), "\r\n\r\n")
			})
			srv.mu.Lock()
			got := strings.Join(srv.lines, "")
			_, err = srv.conns[0].Write([]byte("HTTP/1.0 200 OK\r\nwhatsup: content=\"succeed\"\r\n\r\n"))
			srv.mu.Unlock()
			must(t, err)
			must(t, <-told)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRefreshCDNKnowsTheRefusal(t *testing.T) {
	for answer, want := range map[string]string{
		"HTTP/1.0 200 OK\r\nwhatsup: content=\"invalid user\"\r\n\r\n": `answers "HTTP/1.0 200 OK"; it said "content=\"invalid user\""`,
		"HTTP/1.1 403 Forbidden\r\n\r\n":                               `answers "HTTP/1.1 403 Forbidden"`,
		"SSH-2.0-OpenSSH\r\n":                                          "is not HTTP",
	} {
		srv := newServer(t, "tcp", "127.0.0.1:0")
		r := &refreshCDN{at: &url.URL{Host: srv.Addr().String()}}
		conn, err := r.dial(t.Context())
		must(t, err)
		b := &bench{TB: t, hooks: &Hooks{}, log: &transcript{}}
		b.until("it is accepted", func() bool { srv.mu.Lock(); defer srv.mu.Unlock(); return len(srv.conns) == 1 })
		_, err = srv.conns[0].Write([]byte(answer))
		must(t, err)
		if err := r.answer(conn); err == nil || !strings.Contains(err.Error(), want) || !isFinal(err) {
			t.Errorf("%q: %v", answer, err)
		}
		conn.Close()
	}
}
