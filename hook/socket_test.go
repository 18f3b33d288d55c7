package hook

import (
	"bufio"
	"encoding/json"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// server accepts connections on a real socket and notes what comes.
type server struct {
	net.Listener

	mu    sync.Mutex
	texts []string // one for each connection that has ended
	lines []string
	conns []net.Conn
}

func newServer(t *testing.T, network, address string) *server {
	t.Helper()
	l, err := net.Listen(network, address)
	must(t, err)
	s := &server{Listener: l}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, conn)
			s.mu.Unlock()
			all.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		s.mu.Lock()
		for _, c := range s.conns {
			c.Close()
		}
		s.mu.Unlock()
		all.Wait()
	})
	return s
}

func (s *server) serve(conn net.Conn) {
	in := bufio.NewReader(conn)
	var whole string
	for {
		line, err := in.ReadString('\n')
		s.mu.Lock()
		whole += line
		if line != "" {
			s.lines = append(s.lines, line)
		}
		if err != nil {
			s.texts = append(s.texts, whole)
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
	}
}

func (s *server) paths() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.lines {
		var m message
		if err := json.Unmarshal([]byte(line), &m); err == nil {
			list = append(list, string(m.Path))
		}
	}
	return list
}

func TestSocketGetsTheBytesOfThePathAsSersyncSendsThem(t *testing.T) {
	srv := newServer(t, "tcp", "127.0.0.1:0")
	s := spec("socket")
	s.Socket = Socket{Network: "tcp", Address: srv.Addr().String(), Format: formatPath}
	b := newBench(t, s)
	b.hooks.Arrived([]Event{{Path: "in plug\xff", Kind: Sent}, {Path: "d", Kind: Sent, Dir: true}, {Path: "new", Was: "old", Kind: Renamed}, {Path: "x", Kind: Deleted}})
	b.delivered(4)
	b.until("all connections have ended", func() bool {
		srv.mu.Lock()
		defer srv.mu.Unlock()
		return len(srv.texts) == 5
	})
	slices.Sort(srv.texts) // the connections are served side by side
	if diff := cmp.Diff([]string{"/srv/www/d", "/srv/www/in plug\xff", "/srv/www/new", "/srv/www/old", "/srv/www/x"}, srv.texts); diff != "" {
		t.Error(diff)
	}
}

func TestLinesGoOnInANewConnectionAfterAnOutage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	srv := newServer(t, "unix", path)
	s := spec("socket")
	s.Socket = Socket{Network: "unix", Address: path, Format: formatJSON}
	s.Batch = 10
	b := newBench(t, s)
	b.arrive("a", "b")
	b.delivered(2)
	read := func(n int) { b.until("it is read", func() bool { return len(srv.paths()) == n }) }
	read(2)
	srv.mu.Lock()
	srv.conns[0].Close()
	srv.mu.Unlock()
	b.arrive("c")
	b.delivered(3)
	read(3)
	srv.Close()
	srv.mu.Lock()
	srv.conns[1].Close()
	srv.mu.Unlock()
	b.arrive("d")
	b.until("it is away", func() bool { return b.status().NextTry != nil || b.status().LastError != "" })
	again := newServer(t, "unix", path)
	b.delivered(4)
	b.until("all is read", func() bool { return len(srv.paths())+len(again.paths()) >= 4 })
	if diff := cmp.Diff([]string{"a", "b", "c", "d"}, append(srv.paths(), again.paths()...)); diff != "" {
		t.Error(diff)
	}
}

// TestUnreadLinesAreNotTakenForTold closes a connection without reading.
func TestUnreadLinesAreNotTakenForTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	must(t, err)
	s := spec("socket")
	s.Socket = Socket{Network: "unix", Address: path, Format: formatJSON}
	b := newBench(t, s)
	b.arrive("a")
	conn, err := l.Accept() // and read nothing
	must(t, err)
	conn.Close()
	conn, err = l.Accept()
	must(t, err)
	line, err := bufio.NewReader(conn).ReadString('\n')
	must(t, err)
	b.delivered(1)
	if line == "" || b.status().Retries != 1 {
		t.Errorf("%q, %+v", line, b.status())
	}
	b.stop()
	conn.Close()
	l.Close()
}
