package instance_test

import (
	"fmt"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/syncsvc/syncsvc/rsync/sshd"
)

// onKinds plays a story with one target of every kind.
func onKinds(t *testing.T, story func(t *testing.T, m *mirror), options ...string) {
	for _, kind := range []string{"daemon", "ssh", "local"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			m := newMirror(t, 1, options...)
			switch kind {
			case "ssh":
				m.urls[0] = sshTarget(m.serveSSH(), m.targets[0], "")
			case "local":
				m.urls[0] = m.targets[0]
			}
			story(t, m)
		})
	}
}

// serveSSH starts an ssh server that lets this user in.
func (m *mirror) serveSSH() *sshd.Server {
	m.Helper()
	dir := filepath.Join(m.dir, "sshd")
	m.mkdir(dir)
	s, err := sshd.Start(dir)
	m.must(err)
	m.Cleanup(s.Stop)
	return s
}

// sshTarget is a target of the module file; more are further keys of it.
func sshTarget(s *sshd.Server, folder, more string) string {
	url := fmt.Sprintf("ssh://%s@%s:%d%s", s.User, s.Host, s.Port, folder)
	return fmt.Sprintf("{url: %s, ssh: {identity_file: %s, known_hosts: %s}%s}",
		strconv.Quote(url), strconv.Quote(s.IdentityFile), strconv.Quote(s.KnownHosts), more)
}

// traffic is how many bytes went to and came from a target so far.
func (m *mirror) traffic(target int) int64 {
	m.Helper()
	c := m.status().Targets[target].Counters
	return c.BytesSent + c.BytesReceived
}
