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
	l.Colour = os.Getenv("NO_COLOR") == "" && a.canRepaint()
	if columns, _ := a.size(); columns > 0 {
		l.Width = columns
	}
	return l
}

// size is how many columns and lines the terminal has; 0 = it is none.
func (a *app) size() (columns, lines int) {
	f, ok := a.out.(*os.File)
	if !ok {
		return 0, 0
	}
	columns, lines, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0, 0
	}
	return columns, lines
}

// canRepaint reports whether what is on standard output can be painted over.
func (a *app) canRepaint() bool {
	kind := os.Getenv("TERM")
	return isTerminal(a.out) && kind != "" && kind != "dumb"
}

// errorLook is look for standard error.
func (a *app) errorLook() console.Look {
	instead := *a
	instead.out = a.err
	return instead.look()
}
