package config

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/user"
)

// check refuses settings that contradict each other.
func (d *settings) check(s *Service) {
	c := s.Control
	switch {
	case c.Listen == "" && c.TokenFile != "":
		d.fail("token_file", "add listen: 127.0.0.1:8730, or take it out", "is only for listen, and nothing listens")
	case c.Listen == "" && c.TLSCert != "":
		d.fail("tls_cert", "add listen: 127.0.0.1:8730, or take it out", "is only for listen, and nothing listens")
	case c.Listen != "" && c.TokenFile == "":
		d.fail("listen", "write a long random text to a file with mode 600, and add token_file: FILE", "needs token_file: everybody who reaches the port could stop the service")
	}
	d.checkTLS(c)
}

func (d *settings) checkTLS(c Control) {
	switch {
	case c.TLSCert != "" && c.TLSKey == "":
		d.fail("tls_cert", "add tls_key: FILE", "needs tls_key")
	case c.TLSKey != "" && c.TLSCert == "":
		d.fail("tls_key", "add tls_cert: FILE", "needs tls_cert")
	case c.Listen != "" && c.TLSCert == "" && !loopback(c.Listen):
		d.fail("listen", "add tls_cert and tls_key, or listen at 127.0.0.1", "%s can be reached from elsewhere, and without TLS the token could be read on the way", c.Listen)
	}
}

// loopback reports whether only this machine reaches an address. A name other
// than localhost may mean anything tomorrow.
func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback()
	}
	return host == "localhost"
}

// CheckSystem returns what the settings need of this machine and do not find:
// the group, the token file with its mode, the certificate, the programs of
// alerts. The latter can wait: it is no reason not to mirror.
func (s *Service) CheckSystem() []Problem {
	d := &settings{}
	if s.origin != nil {
		d.file, d.flags = s.origin.file, s.origin.flags
	}
	add := func(key string, bad *mistake) {
		if bad != nil {
			d.fail(key, bad.hint, "%s", bad.message)
		}
	}
	if c := s.Control; c.Group != "" {
		add("socket_group", checkGroup(c.Group))
	}
	for _, f := range []struct {
		key, path string
		check     func(string) *mistake
	}{
		{"token_file", s.Control.TokenFile, checkToken},
		{"tls_cert", s.Control.TLSCert, checkReadable},
		{"tls_key", s.Control.TLSKey, checkPrivate},
	} {
		if f.path != "" {
			add(f.key, f.check(f.path))
		}
	}
	for i, a := range s.Alerts {
		if bad := checkCommand(a.Command); bad != nil {
			d.fail(fmt.Sprintf("alerts[%d].command", i), bad.hint, "%s", bad.message)
			d.problems[len(d.problems)-1].CanWait = true
		}
	}
	return d.problems
}

func checkGroup(name string) *mistake {
	if _, err := user.LookupGroup(name); err != nil {
		return wrong("groupadd --system "+name, "there is no group %q on this machine", name)
	}
	return nil
}

// minToken keeps out what can be guessed through a network.
const minToken = 16

func checkToken(path string) *mistake {
	if bad := checkPrivate(path); bad != nil {
		return bad
	}
	if info, err := os.Stat(path); err == nil && info.Size() < minToken {
		return wrong("openssl rand -hex 32 > "+path, "%s is too short for a token, which has at least %d characters", path, minToken)
	}
	return nil
}
