package hook

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// post is a small SMTP server.
type post struct {
	net.Listener
	tls    *tls.Config
	refuse string // the answer to RCPT; "" = accept

	mu    sync.Mutex
	mails []letter
}

// letter is a mail that arrived.
type letter struct {
	from     string
	to       []string
	password string // "" = not authenticated
	secure   bool
	text     string
}

// newPost returns a server on this machine, and the file with its certificate.
func newPost(t *testing.T, offerTLS bool) (*post, string) {
	t.Helper()
	cert, ca := certificate(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p := &post{Listener: l}
	if offerTLS {
		p.tls = &tls.Config{Certificates: []tls.Certificate{cert}}
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return p, ca
}

// serve speaks SMTP until the client leaves.
func (p *post) serve(conn net.Conn) {
	defer func() { conn.Close() }()
	in := bufio.NewReader(conn)
	var m letter
	say := func(line string) { fmt.Fprintf(conn, "%s\r\n", line) }
	say("220 here")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch strings.ToUpper(word) {
		case "EHLO":
			say("250-here")
			if p.tls != nil && !m.secure {
				say("250-STARTTLS")
			}
			say("250 AUTH PLAIN")
		case "STARTTLS":
			say("220 go on")
			conn = tls.Server(conn, p.tls)
			in, m.secure = bufio.NewReader(conn), true
		case "AUTH":
			text, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			m.password = strings.ReplaceAll(string(text), "\x00", "|")
			say("235 welcome")
		case "MAIL":
			m.from = rest
			say("250 well")
		case "RCPT":
			if p.refuse != "" {
				say(p.refuse)
				continue
			}
			m.to = append(m.to, rest)
			say("250 well")
		case "DATA":
			say("354 go on")
			for {
				line, err := in.ReadString('\n')
				if err != nil || line == ".\r\n" {
					break
				}
				m.text += line
			}
			p.mu.Lock()
			p.mails = append(p.mails, m)
			p.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		}
	}
}

// certificate makes one for 127.0.0.1, and a file to trust it by.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	must(t, err)
	file := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

func mailSpec(p *post, ca string) Spec {
	s := spec("mail")
	s.Batch, s.Every = 1000, 50*time.Millisecond
	s.Mail = Mail{To: []string{"Operator <op@example.com>", "b@example.com"}, From: "syncsvc@example.com", Server: "smtp://" + p.Addr().String(), CAFile: ca}
	return s
}

func TestOneMailTellsOfMany(t *testing.T) {
	p, ca := newPost(t, true)
	s := mailSpec(p, ca)
	s.Mail.User, s.Mail.PasswordFile = "me", filepath.Join(t.TempDir(), "pw")
	must(t, os.WriteFile(s.Mail.PasswordFile, []byte("geheim\n"), 0o600))
	b := newBench(t, s)
	at := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
	list := []Event{
		{Target: "rsync://h/www", Path: "a\nb: ü\xff", Kind: Sent, Time: at},
		{Target: "rsync://h/www", Path: "new", Was: "old", Kind: Renamed, Time: at},
	}
	for range 300 {
		list = append(list, Event{Target: "rsync://h/www", Path: "x", Kind: Deleted, Time: at})
	}
	b.hooks.Arrived(list)
	b.delivered(302)
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.mails[0]
	if diff := cmp.Diff([]string{"TO:<op@example.com>", "TO:<b@example.com>"}, got.to); diff != "" || got.password != "|me|geheim" || !got.secure {
		t.Errorf("%+v %s", got, diff)
	}
	m, err := mail.ReadMessage(strings.NewReader(got.text))
	must(t, err)
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	must(t, err)
	if !strings.HasPrefix(subject, "syncsvc: 302 changes of module www on ") || m.Header.Get("To") == "" || m.Header.Get("Message-Id") == "" {
		t.Errorf("%q %v", subject, m.Header)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	must(t, err)
	lines := strings.Split(string(body), "\r\n")
	first := []string{lines[0], lines[2][len("2026-11-20 03:00:00"):], lines[3][len("2026-11-20 03:00:00"):], lines[len(lines)-2]}
	want := []string{"These changes in /srv/www have arrived on rsync://h/www:", `  sent     a\nb: ü\xff`, "  renamed  old to new", "and 102 more"}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Error(diff)
	}
}

func TestPasswordDoesNotGoInTheClear(t *testing.T) {
	p, ca := newPost(t, false)
	s := mailSpec(p, ca)
	s.Mail.User, s.Mail.PasswordFile = "me", filepath.Join(t.TempDir(), "pw")
	must(t, os.WriteFile(s.Mail.PasswordFile, []byte("geheim\n"), 0o600))
	b := newBench(t, s)
	b.arrive("a")
	b.until("it fails", func() bool { return strings.Contains(b.status().LastError, "no STARTTLS") })
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.mails) > 0 {
		t.Errorf("%+v", p.mails)
	}
}

func TestAddressThatDoesNotExistIsGivenUp(t *testing.T) {
	p, ca := newPost(t, true)
	p.refuse = "550 no such user"
	b := newBench(t, mailSpec(p, ca))
	b.arrive("a")
	b.until("it is given up", func() bool { return b.status().Failed == 1 })
	if !strings.Contains(b.status().LastError, "no such user") {
		t.Error(b.status().LastError)
	}
}
