package supervisor

import (
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// manager is the service manager's end of the notification socket.
type manager struct {
	testing.TB
	conn *net.UnixConn
}

func newManager(t *testing.T) *manager {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return &manager{t, conn}
}

// hears returns the lines of the next message.
func (m *manager) hears() []string {
	m.Helper()
	buf := make([]byte, 4096)
	if err := m.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		m.Fatal(err)
	}
	n, err := m.conn.Read(buf)
	if err != nil {
		m.Fatalf("the service manager hears nothing: %v", err)
	}
	return strings.Split(string(buf[:n]), "\n")
}

func (m *manager) wants(want ...string) {
	m.Helper()
	got := m.hears()
	if len(got) != len(want) {
		m.Fatalf("heard %q, want %q", got, want)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			m.Errorf("heard %q, want %q", got, want)
		}
	}
}

func TestServiceManagerIsTold(t *testing.T) {
	m := newManager(t)
	t.Setenv("WATCHDOG_USEC", "30000000")
	n := newNotifier(slog.New(slog.DiscardHandler))
	now := time.Now()
	www := control.Module{Name: "www", State: control.Starting}
	bbs := control.Module{Name: "bbs", State: control.Backoff, Pid: 7}
	n.tell(now, []control.Module{www, bbs}, true)
	m.wants("STATUS=2 modules: www starting, bbs away", "EXTEND_TIMEOUT_USEC=60000000", "WATCHDOG=1")
	n.reloading() // not before it is ready
	n.reloaded()
	n.tell(now.Add(time.Second), []control.Module{www, bbs}, true) // nothing new
	n.tell(now.Add(20*time.Second), []control.Module{www, bbs}, true)
	m.wants("EXTEND_TIMEOUT_USEC=", "WATCHDOG=1")
	www.State = control.Scanning
	n.tell(now.Add(21*time.Second), []control.Module{www, bbs}, false)
	m.wants("STATUS=2 modules: www scanning, bbs away", "READY=1")
	n.reloading()
	m.wants("RELOADING=1", "MONOTONIC_USEC=")
	n.reloaded()
	m.wants("READY=1")
	n.stopping(10 * time.Second)
	m.wants("STOPPING=1", "STATUS=stopping", "EXTEND_TIMEOUT_USEC=70000000")
}

func TestStatusLine(t *testing.T) {
	module := func(name string, s control.State) control.Module { return control.Module{Name: name, State: s, Pid: 1} }
	for want, modules := range map[string][]control.Module{
		"no modules":                       nil,
		"1 module: 1 live":                 {module("www", control.Live)},
		"1 module: www waiting-source":     {module("www", control.WaitingSource)},
		"3 modules: 2 live, bbs away":      {module("a", control.Live), module("b", control.Live), module("bbs", control.Backoff)},
		"1 module: www died, will restart": {{Name: "www", State: control.Backoff}},
		"5 modules: 1 live, 3 away, 1 held": {
			module("a", control.Live), module("b", control.Backoff), module("c", control.Backoff),
			module("d", control.Backoff), module("e", control.Held),
		},
	} {
		if got := statusLine(modules); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
