package config

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/syncsvc/syncsvc/filter"
)

// short reads an object of which one key can stand alone, as a text.
func (v value) short(name string, s schema) {
	if v.kind != text {
		v.object(s)
		return
	}
	s[slices.Index(s.names(), name)].read(v)
}

func (v value) readText(to *string) {
	if s, ok := v.word(); ok {
		*to = s
	}
}

// readIdentifier reads what another system calls something; it may look like a
// number.
func (v value) readIdentifier(to *string) {
	s, ok := v.scalar()
	switch {
	case !ok:
	case !identifier.MatchString(s):
		v.fail("copy it from the provider's console", "%q is not such an ID", s)
	default:
		*to = s
	}
}

var identifier = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

func (v value) readHookName(to *string) {
	s, ok := v.scalar()
	switch {
	case !ok:
	case len(s) > maxNameLength || !moduleName.MatchString(s):
		v.fail(fmt.Sprintf("use up to %d of A-Z a-z 0-9 . _ - and no leading dash", maxNameLength), "%q is not a name for a hook", s)
	default:
		*to = s
	}
}

func (v value) readHookEvents(to *HookEvents) {
	if v.kind == null || v.kind == list && len(v.items) == 0 {
		v.fail("leave it out for all", "names nothing to tell of")
	}
	*to = HookEvents{}
	v.list("[sent, deleted, renamed]", func(item value) {
		var event string
		item.readChoice(&event, "sent", "deleted", "renamed")
		to.Sent = to.Sent || event == "sent"
		to.Deleted = to.Deleted || event == "deleted"
		to.Renamed = to.Renamed || event == "renamed"
	})
}

// patterns reads rsync patterns, each tried by itself so that a bad one is
// reported where it stands.
func (d *decoder) patterns(v value, to *[]string) {
	var rules []filter.Rule
	d.rules(v, filter.Exclude, &rules)
	for _, r := range rules {
		*to = append(*to, r.Text)
	}
}

func (v value) readRegex(to *string) {
	s, ok := v.word()
	if !ok {
		return
	}
	if _, err := regexp.Compile(s); err != nil {
		v.fail("it is of RE2: https://github.com/google/re2/wiki/Syntax", "%v", err)
		return
	}
	*to = s
}

// readArgv reads a program and its arguments, which may hold {file}.
func (v value) readArgv(to *[]string) {
	if v.kind == list && len(v.items) > 0 && v.items[0].text == "{file}" {
		v.list("", func(item value) {
			word, _ := item.word()
			*to = append(*to, word)
		})
		return
	}
	v.readCommand(to)
}

func (v value) readSocket(s *SocketHook) {
	const hint = "write tcp://host:port or unix:///path"
	written, ok := v.word()
	if !ok {
		return
	}
	network, address, ok := strings.Cut(written, "://")
	host, port, err := net.SplitHostPort(address)
	n, notNumber := strconv.ParseUint(port, 10, 16)
	switch {
	case ok && network == "unix" && strings.HasPrefix(address, "/"):
	case ok && network == "tcp" && err == nil && host != "" && notNumber == nil && n > 0:
	default:
		v.fail(hint, "%q is not a socket", written)
		return
	}
	s.Network, s.Address = network, address
}

func (v value) readEndpoint(to *string) {
	var s string
	if v.readWebhook(&s); s == "" {
		return
	}
	u, err := url.Parse(s)
	if err != nil || u.RawQuery != "" || u.Path != "" && u.Path != "/" {
		v.fail("write https://host[:port]", "only a host belongs here")
		return
	}
	*to = strings.TrimSuffix(s, "/")
}

func (v value) readAddress(to *string) {
	s, ok := v.word()
	if !ok {
		return
	}
	if _, err := mail.ParseAddress(s); err != nil {
		v.fail("write ops@example.com, or \"Name <ops@example.com>\"", "%q is not a mail address", s)
		return
	}
	*to = s
}

func (v value) readMailServer(to *string) {
	s, ok := v.word()
	if !ok {
		return
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "smtp" && u.Scheme != "smtps") || u.Hostname() == "" || u.User != nil || u.Path != "" || u.RawQuery != "" {
		v.fail("write smtp://host:587 (STARTTLS) or smtps://host:465", "%q is not a mail server", s)
		return
	}
	*to = s
}
