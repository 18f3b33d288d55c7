package hook

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// Mail sends mail by SMTP.
type Mail struct {
	To      []string
	From    string
	Subject string // "" = one that counts
	// Server is smtp://host[:port], which uses STARTTLS where it is offered and
	// demands it for a password, or smtps://host[:port].
	Server       string
	User         string // "" = no authentication
	PasswordFile string
	CAFile       string // certificates to trust, and no others; "" = the system's
}

// maxListed is how many paths a mail names.
const maxListed = 200

// mailer is the teller that sends mail.
type mailer struct {
	o   Options
	m   Mail
	at  *url.URL
	tls *tls.Config
}

func newMailer(o Options, m Mail) (*mailer, error) {
	at, err := url.Parse(m.Server)
	if err != nil {
		return nil, errors.New("the mail server is no URL")
	}
	config, err := trust(m.CAFile)
	if err != nil {
		return nil, err
	}
	config.ServerName = at.Hostname()
	return &mailer{o, m, at, config}, nil
}

func (m *mailer) close() {}

func (m *mailer) tell(ctx context.Context, id string, events []Event) error {
	text, err := m.compose(id, events, time.Now())
	if err != nil {
		return finalError{err}
	}
	conn, err := m.dial(ctx)
	if err != nil {
		return awayError{error: err}
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })()
	if err := m.send(conn, text); err != nil {
		return m.judge(err)
	}
	return nil
}

func (m *mailer) dial(ctx context.Context) (net.Conn, error) {
	if m.at.Scheme == "smtps" {
		return (&tls.Dialer{Config: m.tls}).DialContext(ctx, "tcp", m.address("465"))
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", m.address("25"))
}

func (m *mailer) address(usual string) string {
	port := m.at.Port()
	if port == "" {
		port = usual
	}
	return net.JoinHostPort(m.at.Hostname(), port)
}

// errNoTLS is about the server, not about one mail.
var errNoTLS = errors.New("the server offers no STARTTLS, and the password must not go in the clear; use smtps://")

// send speaks SMTP over a connection.
func (m *mailer) send(conn net.Conn, text []byte) error {
	c, err := smtp.NewClient(conn, m.at.Hostname())
	if err != nil {
		return err
	}
	if err := c.Hello(hostname()); err != nil {
		return err
	}
	if offered, _ := c.Extension("STARTTLS"); offered && m.at.Scheme == "smtp" {
		if err := c.StartTLS(m.tls); err != nil {
			return err
		}
	}
	if err := m.authenticate(c); err != nil {
		return err
	}
	if err := c.Mail(bare(m.m.From)); err != nil {
		return err
	}
	for _, to := range m.m.To {
		if err := c.Rcpt(bare(to)); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = c.Quit() // the mail is taken by now
	return nil
}

func (m *mailer) authenticate(c *smtp.Client) error {
	if m.m.User == "" {
		return nil
	}
	if _, secure := c.TLSConnectionState(); !secure {
		return errNoTLS
	}
	password, err := secret(m.m.PasswordFile)
	if err != nil {
		return err
	}
	return c.Auth(smtp.PlainAuth("", m.m.User, string(password), m.at.Hostname()))
}

// judge says what a failure means: a server that refuses a mail for good says so
// with a number from 550 on.
func (m *mailer) judge(err error) error {
	err = fmt.Errorf("mail by %s: %w", m.at.Host, err)
	if e, ok := errors.AsType[*textproto.Error](err); ok && e.Code >= 550 && e.Code < 560 {
		return finalError{err}
	}
	return awayError{error: err}
}

// compose writes the mail.
func (m *mailer) compose(id string, events []Event, now time.Time) ([]byte, error) {
	var out bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&out, "%s: %s\r\n", name, value) }
	header("From", display(m.m.From))
	var to []string
	for _, a := range m.m.To {
		to = append(to, display(a))
	}
	header("To", strings.Join(to, ", "))
	header("Subject", mime.QEncoding.Encode("utf-8", m.subject(events)))
	header("Date", now.Format(time.RFC1123Z))
	header("Message-ID", "<"+rand.Text()+"@"+hostname()+">")
	header(DeliveryHeader, id)
	header("Auto-Submitted", "auto-generated")
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "quoted-printable")
	out.WriteString("\r\n")
	body := quotedprintable.NewWriter(&out)
	_, err := body.Write([]byte(m.text(events)))
	return out.Bytes(), errors.Join(err, body.Close())
}

func (m *mailer) subject(events []Event) string {
	if m.m.Subject != "" {
		return m.m.Subject
	}
	what := fmt.Sprintf("%d changes", len(events))
	if len(events) == 1 {
		what = "1 change"
	}
	return fmt.Sprintf("syncsvc: %s of module %s on %s", what, m.o.Module, hostname())
}

// text names the first paths, each in a line.
func (m *mailer) text(events []Event) string {
	var out strings.Builder
	where := "have arrived"
	if target := events[0].Target; target != "" {
		where += " on " + target
	}
	fmt.Fprintf(&out, "These changes in %s %s:\r\n\r\n", m.o.Root, where)
	for i, e := range events {
		if i == maxListed {
			fmt.Fprintf(&out, "and %d more\r\n", len(events)-i)
			break
		}
		fmt.Fprintf(&out, "%s  %s\r\n", e.Time.Format(time.DateTime), describe(e))
	}
	return out.String()
}

// describe is an event in words.
func describe(e Event) string {
	name := func(path string) string {
		text, _ := control.Path(path).MarshalText()
		return strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(string(text))
	}
	switch e.Kind {
	case Renamed:
		return fmt.Sprintf("renamed  %s to %s", name(e.Was), name(e.Path))
	case Collapsed:
		return fmt.Sprintf("%d changes more, too many to keep", e.Count)
	}
	return fmt.Sprintf("%-7s  %s", e.Kind, name(e.Path))
}

// bare is an address without a name.
func bare(address string) string {
	if a, err := mail.ParseAddress(address); err == nil {
		return a.Address
	}
	return address
}

// display is an address as it belongs in a header.
func display(address string) string {
	if a, err := mail.ParseAddress(address); err == nil {
		return a.String()
	}
	return address
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil || strings.ContainsAny(name, " \r\n") {
		return "localhost"
	}
	return name
}
