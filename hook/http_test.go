package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// receiver is a server that keeps what it is sent and answers as it is told.
type receiver struct {
	*httptest.Server
	answer func(n int) int // status for the nth request, from 0 on; nil = 200

	mu       sync.Mutex
	requests []received
}

type received struct {
	method, path, body string
	header             http.Header
}

func newReceiver(t *testing.T, answer func(n int) int) *receiver {
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.requests)
	r.requests = append(r.requests, received{req.Method, req.URL.RequestURI(), string(body), req.Header.Clone()})
	if r.answer != nil {
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(r.answer(n))
	}
}

func (r *receiver) got() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.requests...)
}

func httpSpec(url string) Spec {
	s := spec("http")
	s.HTTP = HTTP{URL: url, Format: formatJSON}
	s.Batch = 100
	return s
}

func TestPostIsSignedAndNamesEverything(t *testing.T) {
	r := newReceiver(t, nil)
	secretFile, tokenFile := filepath.Join(t.TempDir(), "key"), filepath.Join(t.TempDir(), "token")
	for file, text := range map[string]string{secretFile: "geheim\r\nmore\n", tokenFile: "tok"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := httpSpec(r.URL + "/changed?x=1")
	s.HTTP.SecretFile, s.HTTP.TokenFile = secretFile, tokenFile
	s.Every = 50 * time.Millisecond
	b := newBench(t, s)
	at := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
	b.hooks.Arrived([]Event{
		{Target: "rsync://h/www", Path: "a\xffb", Kind: Sent, Size: 7, Time: at},
		{Target: "rsync://h/www", Path: "new", Was: "old", Kind: Renamed, Dir: true, Time: at},
	})
	b.delivered(2)
	got := r.got()[0]
	mac := hmac.New(sha256.New, []byte("geheim"))
	mac.Write([]byte(got.body))
	if want := "sha256=" + hex.EncodeToString(mac.Sum(nil)); got.header.Get("X-Syncsvc-Signature") != want || got.header.Get("Authorization") != "Bearer tok" {
		t.Errorf("headers %v, want the signature %s", got.header, want)
	}
	if got.path != "/changed?x=1" || got.header.Get("X-Syncsvc-Delivery") != "www/http/0" {
		t.Errorf("%+v", got)
	}
	want := `{"id":"www/http/0","module":"www","events":[` +
		`{"module":"www","event":"sent","path":"a\\xffb","file":"/srv/www/a\\xffb","path_base64":"Yf9i","target":"rsync://h/www","size":7,"time":"2026-11-20T03:00:00Z"},` +
		`{"module":"www","event":"renamed","path":"new","file":"/srv/www/new","was":"old","target":"rsync://h/www","folder":true,"time":"2026-11-20T03:00:00Z"}]}`
	if diff := cmp.Diff(want, got.body); diff != "" {
		t.Error(diff)
	}
}

func TestOverloadedReceiverGetsEverythingInOrderLater(t *testing.T) {
	r := newReceiver(t, func(n int) int { return []int{503, 429, 200}[min(n, 2)] })
	s := httpSpec(r.URL)
	s.Batch = 1
	b := newBench(t, s)
	b.arrive("a", "b", "c")
	b.delivered(3)
	var paths []string
	for _, q := range r.got() {
		var d struct{ Events []struct{ Path string } }
		if err := json.Unmarshal([]byte(q.body), &d); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, d.Events[0].Path)
	}
	if diff := cmp.Diff([]string{"a", "a", "a", "b", "c"}, paths); diff != "" {
		t.Error(diff)
	}
	if n := strings.Count(b.log.String(), "receiver is away"); n != 1 {
		t.Errorf("an outage is told %d times:\n%s", n, b.log)
	}
}

func TestRefusedMessageIsNotSentAgain(t *testing.T) {
	r := newReceiver(t, func(int) int { return 400 })
	b := newBench(t, httpSpec(r.URL+"/token-in-the-url"))
	b.arrive("a")
	b.until("it failed", func() bool { return b.status().Failed == 1 })
	if len(r.got()) != 1 {
		t.Errorf("asked %d times", len(r.got()))
	}
	if text := b.status().LastError + b.log.String(); strings.Contains(text, "token-in-the-url") || !strings.Contains(text, "400 Bad Request") {
		t.Errorf("what is told: %s", text)
	}
}

func TestRedirectToAnotherHostIsNotFollowed(t *testing.T) {
	other := newReceiver(t, nil)
	from := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	t.Cleanup(from.Close)
	b := newBench(t, httpSpec(from.URL))
	b.arrive("a")
	b.until("it failed", func() bool { return b.status().Failed == 1 })
	if len(other.got()) != 0 {
		t.Error("the message went to another host")
	}
}

func TestFormOfSersync(t *testing.T) {
	r := newReceiver(t, nil)
	s := httpSpec(r.URL)
	s.HTTP.Format, s.Batch = formatForm, 1
	b := newBench(t, s)
	b.hooks.Arrived([]Event{
		{Path: "a/f.php", Kind: Sent},
		{Path: "d", Kind: Sent, Dir: true},
		{Path: "d", Kind: Deleted, Dir: true},
		{Path: "n&m", Was: "o", Kind: Renamed},
	})
	b.delivered(4)
	var bodies []string
	for _, q := range r.got() {
		bodies = append(bodies, q.body)
	}
	want := []string{
		"watchroot=/srv/www&isdir=0&inotifyPath=/srv/www/a/f.php&mask=8",
		"watchroot=/srv/www&isdir=1&inotifyPath=/srv/www/d&mask=1073742080",
		"watchroot=/srv/www&isdir=1&inotifyPath=/srv/www/d&mask=1073742336",
		"watchroot=/srv/www&isdir=0&inotifyPath=/srv/www/o&mask=64",
		"watchroot=/srv/www&isdir=0&inotifyPath=/srv/www/n%26m&mask=128",
	}
	if diff := cmp.Diff(want, bodies); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyTheNamedCertificatesAreTrusted(t *testing.T) {
	r := &receiver{}
	r.Server = httptest.NewTLSServer(r)
	t.Cleanup(r.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.Certificate().Raw})
	if err := os.WriteFile(ca, text, 0o644); err != nil {
		t.Fatal(err)
	}
	trusting, other := httpSpec(r.URL), httpSpec(r.URL)
	trusting.HTTP.CAFile, other.Name = ca, "other"
	b := newBench(t, trusting, other)
	b.arrive("a")
	b.delivered(1)
	b.until("the other fails", func() bool { return strings.Contains(b.hooks.Status()[1].LastError, "certificate") })
}
