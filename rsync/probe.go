package rsync

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The ports used when a target names none.
const (
	daemonPort = 873
	sshPort    = 22
)

// oldestProtocol is that of rsync 3.1.0.
const oldestProtocol = 31

// probeTimeout is used when a target sets no connect timeout.
const probeTimeout = 10 * time.Second

// ErrOld is wrapped by what Probe returns for a daemon older than rsync 3.1.0.
var ErrOld = errors.New("rsync on the target is older than 3.1.0")

var (
	// errNoAnswer is what is left of the many ways to take too long.
	errNoAnswer = errors.New("timed out")
	errHungUp   = errors.New("it hangs up")
)

// Probe asks a target whether it is there, without running rsync: a daemon and
// an ssh server have to connect and greet, a local folder, or where it can be
// made, has to exist. nil means that a job is worth trying; an error says why
// it is not. Where the ssh client would go another way than straight to
// Target.Host (a jump host or a proxy, of its own configuration too) nothing
// is asked. A local folder on a dead network mount blocks.
func Probe(ctx context.Context, t Target) error {
	limit := t.ConnectTimeout
	if limit <= 0 {
		limit = probeTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	switch t.Kind {
	case Daemon:
		_, err := probeDaemon(ctx, t)
		return err
	case SSH:
		return probeSSH(ctx, t)
	}
	return probeFolder(t.Path)
}

// Protocol asks a daemon for the number of its protocol: 31 is rsync 3.1.0 and
// later, 32 is 3.4.0 and later. It is an error to be no daemon, or an older one.
func Protocol(ctx context.Context, t Target) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(t.ConnectTimeout, probeTimeout))
	defer cancel()
	return probeDaemon(ctx, t)
}

func probeDaemon(ctx context.Context, t Target) (protocol int, err error) {
	greeting, err := greet(ctx, t.Host, portOr(t.Port, daemonPort), func(string) bool { return true })
	if err != nil {
		return 0, err
	}
	version, ok := strings.CutPrefix(greeting, "@RSYNCD: ")
	if !ok {
		return 0, fmt.Errorf("no rsync daemon on %s: it says %.60q", t.hostPort(), greeting)
	}
	major, _, _ := strings.Cut(version, ".")
	if protocol, err = strconv.Atoi(major); err != nil || protocol < oldestProtocol {
		return 0, fmt.Errorf("%s speaks protocol %.10q: %w", t.hostPort(), version, ErrOld)
	}
	return protocol, nil
}

func portOr(port, usual int) int {
	if port == 0 {
		return usual
	}
	return port
}

// greet connects and returns the first line that is a greeting.
func greet(ctx context.Context, host string, port int, is func(string) bool) (string, error) {
	address := net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(port))
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return "", unconnected(address, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	lines := bufio.NewScanner(io.LimitReader(conn, maxGreeting))
	for lines.Scan() {
		if line := strings.TrimRight(lines.Text(), "\r"); is(line) {
			return line, nil
		}
	}
	why := cmp.Or(lines.Err(), errHungUp)
	if ctx.Err() != nil {
		why = errNoAnswer
	}
	return "", fmt.Errorf("%s accepts connections but does not greet: %w", address, why)
}

// unconnected says in the words of people why there is no connection.
func unconnected(address string, err error) error {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("look up %s: %s", dns.Name, dns.Err)
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return fmt.Errorf("connect to %s: %w", address, errno)
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return fmt.Errorf("connect to %s: %w", address, errNoAnswer)
	}
	return fmt.Errorf("connect to %s: %w", address, err)
}

// maxGreeting is how much is read before a greeting is given up.
const maxGreeting = 16 << 10

// probeFolder asks for the folder or the closest parent there is, in which
// rsync will make it.
func probeFolder(folder string) error {
	for {
		info, err := os.Stat(folder)
		switch {
		case err == nil && !info.IsDir():
			return fmt.Errorf("%s is not a folder", printable(folder))
		case err == nil:
			return nil
		case !errors.Is(err, os.ErrNotExist) || folder == filepath.Dir(folder):
			return err
		}
		folder = filepath.Dir(folder)
	}
}
