package supervisor

import (
	"bufio"
	"errors"

	"github.com/syncsvc/syncsvc/control"
)

// listen takes what the child says on the link, until it is gone.
func (l *life) listen() {
	for {
		m, err := l.process.Link.Receive()
		switch {
		case err != nil:
			return
		case m.Beat != nil:
			l.pulse.beat()
		case m.Ready != "":
			l.set(func(s *keeperStatus) { s.State, s.Reason = control.Live, m.Ready })
		default:
			l.permits.hear(m)
		}
	}
}

// maxLine is how much of a line of output is kept together.
const maxLine = 64 << 10

// read passes the output on, line by line, until nobody can write any more.
func (l *life) read() {
	in := bufio.NewReaderSize(l.process.Output, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		if n := len(line); n > 0 && line[n-1] == '\n' {
			line = line[:n-1]
		}
		if err == nil || len(line) > 0 {
			if l.words.add(line) && l.Output != nil {
				l.Output(line)
			}
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}
