package control

import (
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// linkPair returns the supervisor's end, and the number of the instance's open
// file, which belongs to whoever makes a link of it.
func linkPair(t *testing.T) (*Link, int) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours := os.NewFile(uintptr(fds[0]), "ours")
	defer ours.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		t.Fatal(err)
	}
	l := NewLink(conn)
	t.Cleanup(func() { l.Close() })
	return l, fds[1]
}

func TestBothEndsHearEachOther(t *testing.T) {
	parent, fd := linkPair(t)
	t.Setenv(LinkEnv, strconv.Itoa(fd))
	child, err := LinkFromEnv()
	if err != nil {
		t.Fatal(err)
	}
	want := Message{Want: &Permit{Number: 7, Kind: PermitRsync}}
	grant := Message{Grant: &Permit{Number: 7, Kind: PermitRsync, Rate: 1 << 20}}
	for _, err := range []error{child.Send(want), parent.Send(grant)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := parent.Receive()
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	got, err = child.Receive()
	if diff := cmp.Diff(grant, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	child.Close()
	if _, err := parent.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("after the child closed: %v", err)
	}
}

func TestInstanceWithoutASupervisorHasNoLink(t *testing.T) {
	t.Setenv(LinkEnv, "")
	if l, err := LinkFromEnv(); l != nil || err != nil {
		t.Errorf("got %v, %v", l, err)
	}
	t.Setenv(LinkEnv, "rubbish")
	if _, err := LinkFromEnv(); err == nil {
		t.Error("rubbish was accepted")
	}
}
