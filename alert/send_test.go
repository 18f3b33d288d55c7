package alert

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/control"
)

func sample() Message {
	return Message{ID: "1", Name: "slow", Kind: control.AlertLag, Module: "www", Target: "a", State: Raised, Since: epoch(), Time: epoch(), Value: 9, Text: "it is slow", Host: "h"}
}

func hook(url string) control.AlertRule {
	return control.AlertRule{Name: "slow", Webhook: url, Timeout: time.Minute}
}

func server(t *testing.T, answer http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s
}

func TestWebhookGetsTheMessage(t *testing.T) {
	var got Message
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = decode(t, body)
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %v", r.Method, r.Header)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	if err := new(Alerts).sendOnce(t.Context(), hook(s.URL), sample()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(), got); diff != "" {
		t.Error(diff)
	}
}

func TestAnswersThatMeanTryAgainAndThoseThatDoNot(t *testing.T) {
	for status, again := range map[int]bool{500: true, 503: true, 429: true, 408: true, 400: false, 401: false, 404: false, 302: false, 307: false} {
		s := server(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://elsewhere.invalid/")
			w.Header().Set("Retry-After", "90")
			w.WriteHeader(status)
			io.WriteString(w, "because")
		})
		err := new(Alerts).sendOnce(t.Context(), hook(s.URL+"/secret"), sample())
		if err == nil {
			t.Fatalf("%d is taken for success", status)
		}
		if _, final := errors.AsType[finalError](err); final == again {
			t.Errorf("%d: tried again: %v", status, !final)
		}
		later, ok := errors.AsType[laterError](err)
		if ok != again || (ok && later.after != 90*time.Second) {
			t.Errorf("%d: left alone for %v", status, later.after)
		}
		if !strings.Contains(err.Error(), "because") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestRedirectWithinTheHostIsFollowed(t *testing.T) {
	got := 0
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new", http.StatusPermanentRedirect)
			return
		}
		body, _ := io.ReadAll(r.Body)
		got = len(body)
	})
	if err := new(Alerts).sendOnce(t.Context(), hook(s.URL+"/old"), sample()); err != nil || got == 0 {
		t.Errorf("%d bytes arrived: %v", got, err)
	}
}

func TestNothingIsToldToAServerThatCannotProveItsName(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was told") }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshake
	s.StartTLS()
	defer s.Close()
	err := new(Alerts).sendOnce(t.Context(), hook(s.URL+"/secret"), sample())
	if err == nil || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestServerThatDoesNotAnswerIsLeft(t *testing.T) {
	stop := make(chan struct{})
	s := server(t, func(http.ResponseWriter, *http.Request) { <-stop })
	defer close(stop)
	r := hook(s.URL)
	r.Timeout = 50 * time.Millisecond
	if err := new(Alerts).sendOnce(t.Context(), r, sample()); err == nil {
		t.Error("no error")
	}
}

// program makes the test binary an alert's command.
func program(t *testing.T, does string, args ...string) control.AlertRule {
	t.Setenv("SYNCSVC_ALERT_TEST", does)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return control.AlertRule{Name: "slow", Command: append([]string{self}, args...), Timeout: time.Minute}
}

func TestProgramGetsTheMessage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "with a space; $HOME")
	if err := new(Alerts).sendOnce(t.Context(), program(t, "store", path), sample()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(), decode(t, text)); diff != "" {
		t.Error(diff)
	}
}

func TestProgramThatFailsIsQuoted(t *testing.T) {
	err := new(Alerts).sendOnce(t.Context(), program(t, "fail"), sample())
	if err == nil || !strings.Contains(err.Error(), `exit status 3; it said "no pager is on duty"`) {
		t.Errorf("got %v", err)
	}
}

func TestProgramThatHangsIsKilled(t *testing.T) {
	r := program(t, "hang")
	r.Timeout = 100 * time.Millisecond
	if err := new(Alerts).sendOnce(t.Context(), r, sample()); err == nil || !strings.Contains(err.Error(), "took too long") {
		t.Errorf("got %v", err)
	}
}

func TestOnlyWhatTakesTooLongEndsWithAllItStarted(t *testing.T) {
	for does, want := range map[string]int{"hang": 1, "fail": 0, "marked": 0} {
		ended := 0
		a := &Alerts{o: Options{Errand: func() (string, func()) { return "SYNCSVC_ALERT_MARK=7", func() { ended++ } }}}
		r := program(t, does)
		if does == "hang" {
			r.Timeout = 100 * time.Millisecond
		}
		if err := a.sendOnce(t.Context(), r, sample()); (err == nil) != (does == "marked") || ended != want {
			t.Errorf("%s: %v, ended %d times, want %d", does, err, ended, want)
		}
	}
}

func TestProgramThatIsMissing(t *testing.T) {
	r := control.AlertRule{Name: "x", Command: []string{"/nonexistent/tell"}, Timeout: time.Second}
	if err := new(Alerts).sendOnce(t.Context(), r, sample()); err == nil || !strings.Contains(err.Error(), "/nonexistent/tell") {
		t.Errorf("got %v", err)
	}
}
