package supervisor

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

const token = "0123456789abcdef0123456789abcdef"

// tokenFile writes the token with a mode.
func tokenFile(t *testing.T, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(token+"\n"), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPortAnswersOnlyWithTheToken(t *testing.T) {
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
	c := config.Control{Listen: "127.0.0.1:0", TokenFile: tokenFile(t, 0o600)}
	p, err := openPort(t.Context(), c, hello, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1) // the one result of run
	go func() { done <- p.run(ctx) }()
	for header, want := range map[string]int{
		"": 401, "Bearer wrong": 401, "Basic " + token: 401, token + "x": 401, "Bearer " + token: 200,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.l.Addr().String()+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", header)
		resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%q: %d %s, want %d", header, resp.StatusCode, body, want)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestPortIsRefusedWhereItWouldBeOpenToStrangers(t *testing.T) {
	short := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(short, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]config.Control{
		"needs a token_file":            {Listen: "127.0.0.1:0"},
		"no such file":                  {Listen: "127.0.0.1:0", TokenFile: "/nowhere/token"},
		"has mode 0644":                 {Listen: "127.0.0.1:0", TokenFile: tokenFile(t, 0o644)},
		"is shorter than 16 characters": {Listen: "127.0.0.1:0", TokenFile: short},
		"can be reached from elsewhere": {Listen: "0.0.0.0:0", TokenFile: tokenFile(t, 0o600)},
		"certificate":                   {Listen: "0.0.0.0:0", TokenFile: tokenFile(t, 0o600), TLSCert: "/nowhere/cert"},
	} {
		p, err := openPort(t.Context(), c, nil, slog.New(slog.DiscardHandler))
		if err == nil {
			p.l.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if f, ok := errors.AsType[*control.Failed](err); ok && f.Hint == "" {
			t.Errorf("%v has no hint", err)
		}
	}
	if p, err := openPort(t.Context(), config.Control{}, nil, nil); p != nil || err != nil {
		t.Errorf("without a word about it: %v, %v", p, err)
	}
}

// TestPortWithTLS uses a certificate that a test server has for itself.
func TestPortWithTLS(t *testing.T) {
	lender := httptest.NewTLSServer(nil)
	defer lender.Close()
	pair := lender.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := config.Control{
		Listen: "0.0.0.0:0", TokenFile: tokenFile(t, 0o600),
		TLSCert: filepath.Join(dir, "cert"), TLSKey: filepath.Join(dir, "key"),
	}
	for path, block := range map[string]*pem.Block{
		c.TLSCert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]},
		c.TLSKey:  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
	p, err := openPort(t.Context(), c, hello, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1) // the one result of run
	go func() { done <- p.run(ctx) }()
	_, number, _ := net.SplitHostPort(p.l.Addr().String())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://127.0.0.1:"+number+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := lender.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %s", resp.Status)
	}
	lender.Client().CloseIdleConnections()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
