package control

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
)

// Peer is the process at the other end of a unix socket, as the kernel noted
// it when that process connected.
type Peer struct {
	UID, PID int
	Comm     string // the name of its program; "" when it has ended
}

// peerKey is the context key of a connection's [Peer].
type peerKey struct{}

// PeerOf returns who sent a request, false when it did not come by a unix
// socket.
func PeerOf(r *http.Request) (Peer, bool) {
	p, ok := r.Context().Value(peerKey{}).(Peer)
	return p, ok
}

// rememberPeer is for http.Server.ConnContext.
func rememberPeer(ctx context.Context, c net.Conn) context.Context {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return ctx
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return ctx
	}
	var cred *syscall.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err != nil || credErr != nil {
		return ctx
	}
	p := Peer{UID: int(cred.Uid), PID: int(cred.Pid)}
	// Asked for now, because it may have ended when somebody wants to know.
	if comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", p.PID)); err == nil {
		p.Comm = strings.TrimSpace(string(comm))
	}
	return context.WithValue(ctx, peerKey{}, p)
}
