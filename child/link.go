package child

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/control"
)

// linkNumber is the number that the link has with the child: the one after
// standard input, output and error.
const linkNumber = "3"

// connect makes the link and the pipe for the output, and returns the child's
// ends.
func (p *Process) connect() (link, output *os.File, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a link: %w", err)
	}
	ours, link := os.NewFile(uintptr(pair[0]), "link"), os.NewFile(uintptr(pair[1]), "link")
	defer ours.Close() // FileConn has a copy
	conn, err := net.FileConn(ours)
	if err != nil {
		return link, nil, fmt.Errorf("make a link: %w", err)
	}
	p.Link = control.NewLink(conn)
	p.Output, output, err = os.Pipe()
	if err != nil {
		return link, nil, fmt.Errorf("make a pipe: %w", err)
	}
	return link, output, nil
}

// Close closes both connections with the child.
func (p *Process) Close() {
	if p.Link != nil {
		p.Link.Close()
	}
	closeAll([]*os.File{p.Output})
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close() // closing nil is only an error
	}
}
