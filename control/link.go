package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"time"
)

// LinkEnv names the variable that tells an instance which of its open files is
// its end of the link to the supervisor.
const LinkEnv = "SYNCSVC_LINK_FD"

// linkPatience is how long a message may wait for the other side to read. A
// side that does not read for so long is as good as dead.
const linkPatience = 5 * time.Second

// Message is what the two ends of a [Link] say to each other. Exactly one field
// is set.
type Message struct {
	// From the instance.
	Beat  *Beat   `json:"beat,omitempty"`  // at least once a second, while all its loops move
	Ready string  `json:"ready,omitempty"` // armed, or why it waits; once, and again after a change
	Want  *Permit `json:"want,omitempty"`  // asks for a permit
	Done  uint64  `json:"done,omitempty"`  // gives the permit of that number back, or no longer wants it

	// From the supervisor.
	Grant *Permit `json:"grant,omitempty"`
}

// Beat is a sign of life: every loop of the instance has moved since the last.
type Beat struct {
	Loops int `json:"loops"` // how many there are
}

// PermitKind says for what a permit is.
type PermitKind string

// The kinds of permits.
const (
	PermitRsync    PermitKind = "rsync"     // to run one rsync
	PermitFullSync PermitKind = "full-sync" // to be in a full sync with one target
)

// Permit is leave to use a part of what all modules share.
type Permit struct {
	Number uint64     `json:"number"` // chosen by the instance, never 0
	Kind   PermitKind `json:"kind"`
	Rate   int64      `json:"rate,omitempty"` // in a grant: bytes a second at most; 0 = no limit
}

// Link connects an instance with the supervisor that started it. Each end
// learns from it that the other has died. It may be used by several goroutines.
type Link struct {
	conn net.Conn
	dec  *json.Decoder
	mu   sync.Mutex // held while a message is written
}

// NewLink takes over conn, which is one end of a socket pair.
func NewLink(conn net.Conn) *Link {
	return &Link{conn: conn, dec: json.NewDecoder(conn)}
}

// LinkFromEnv returns the instance's end as its environment names it, nil when
// it names none: then the instance runs by itself.
func LinkFromEnv() (*Link, error) {
	text := os.Getenv(LinkEnv)
	if text == "" {
		return nil, nil
	}
	fd, err := strconv.Atoi(text)
	if err != nil || fd < 3 {
		return nil, fmt.Errorf("link to the supervisor: %s=%q is no file number", LinkEnv, text)
	}
	f := os.NewFile(uintptr(fd), "link")
	defer f.Close() // FileConn has a copy
	conn, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("link to the supervisor: %w", err)
	}
	return NewLink(conn), nil
}

// Send says m to the other end.
func (l *Link) Send(m Message) error {
	line, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode link message: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(linkPatience)); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	if _, err := l.conn.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	return nil
}

// Receive waits for the next message. It returns io.EOF when the other end has
// gone. Only one goroutine may call it.
func (l *Link) Receive() (Message, error) {
	var m Message
	err := l.dec.Decode(&m)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		err = io.EOF
	}
	return m, err
}

// Close ends the link; the other end receives io.EOF.
func (l *Link) Close() error { return l.conn.Close() }
