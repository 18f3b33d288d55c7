package hook

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// The formats of messages.
const (
	formatJSON   = "json"
	formatForm   = "sersync"
	formatPath   = "path"
	formatFiles  = "files"
	formatPaths  = "paths"
	maxSecret    = 64 << 10
	maxHeardBack = 64 << 10 // bytes of an answer that are read
	maxSaid      = 2 << 10  // bytes of what a receiver says that are shown
)

// newTeller returns what tells the receiver of a hook.
func newTeller(o Options, s Spec) (teller, error) {
	switch s.Kind {
	case "command":
		return &command{o, s.Command}, nil
	case "http":
		return newPoster(o, s.HTTP)
	case "socket":
		return &socket{o: o, s: s.Socket}, nil
	case "cdn":
		return newPurgeTeller(o, s.CDN)
	case "mail":
		return newMailer(o, s.Mail)
	}
	return nil, fmt.Errorf("there is no kind %q", s.Kind)
}

// secret reads a file with a secret on its first line. It is read each time it
// is needed, so that one that was changed is used at once.
func secret(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() || info.Size() > maxSecret {
		return nil, fmt.Errorf("%s is not a file with a secret", file)
	} else if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others can get at %s; run: chmod 600 %s", file, file)
	}
	text := make([]byte, maxSecret)
	n, err := f.Read(text)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	line, _, _ := bytes.Cut(text[:n], []byte("\n"))
	line = bytes.TrimRight(line, "\r")
	if len(line) == 0 {
		return nil, fmt.Errorf("%s is empty", file)
	}
	return line, nil
}

// trust returns the settings for TLS that believe the certificates in a file;
// the system's when it is "".
func trust(file string) (*tls.Config, error) {
	if file == "" {
		return &tls.Config{MinVersion: tls.VersionTLS12}, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate in it", file)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}, nil
}
