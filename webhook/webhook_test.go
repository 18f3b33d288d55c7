package webhook

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ask posts to a path of a server that answers so.
func ask(t *testing.T, path string, answer http.HandlerFunc) ([]byte, error) {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, strings.NewReader("message"))
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	return Do(&http.Client{CheckRedirect: OnlyWithin}, req)
}

func TestAnswersThatMeanTryAgainAndThoseThatDoNot(t *testing.T) {
	for status, again := range map[int]bool{500: true, 503: true, 429: true, 408: true, 400: false, 401: false, 404: false, 302: false, 307: false} {
		_, err := ask(t, "/secret", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://elsewhere.invalid/")
			w.Header().Set("Retry-After", "90")
			w.WriteHeader(status)
			io.WriteString(w, "because")
		})
		f, ok := errors.AsType[*Failure](err)
		if !ok || f.Final == again || again && f.After != 90*time.Second {
			t.Errorf("%d: %#v", status, err)
			continue
		}
		if !strings.Contains(f.Error(), `it said "because"`) || strings.Contains(f.Error(), "secret") {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestRedirectWithinTheHostKeepsTheMessage(t *testing.T) {
	text, err := ask(t, "/old", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new", http.StatusPermanentRedirect)
			return
		}
		io.Copy(w, r.Body)
	})
	if string(text) != "message" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}

func TestServerMayNotAskToBeLeftAloneForDays(t *testing.T) {
	for header, want := range map[string]time.Duration{"86400": MaxLater, "-1": 0, "soon": 0, "": 0, "7": 7 * time.Second} {
		r := &http.Response{Header: http.Header{"Retry-After": {header}}}
		if got := retryAfter(r); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

func TestNobodyThereIsNotForEver(t *testing.T) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:1/secret", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Do(&http.Client{}, req)
	f, ok := errors.AsType[*Failure](err)
	if !ok || f.Final || strings.Contains(f.Error(), "secret") || !strings.HasPrefix(f.Error(), "POST to 127.0.0.1:1: ") {
		t.Errorf("got %#v", err)
	}
}
