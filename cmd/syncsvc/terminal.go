package main

import (
	"os"
	"time"

	"golang.org/x/term"

	"github.com/syncsvc/syncsvc/console"
)

// isTerminal reports whether a person is at the other end of a stream.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// look is how text on standard output is to look: in colour on a terminal that
// has any and whose owner wants it, and as wide as the terminal is.
func (a *app) look() console.Look {
	l := console.Look{Now: time.Now()}
	if !isTerminal(a.out) {
		return l
	}
	l.Colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	if columns, _, err := term.GetSize(int(a.out.(*os.File).Fd())); err == nil {
		l.Width = columns
	}
	return l
}

// canRepaint reports whether what is on standard output can be painted over.
func (a *app) canRepaint() bool {
	return isTerminal(a.out) && os.Getenv("TERM") != "dumb"
}
