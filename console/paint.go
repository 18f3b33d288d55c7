package console

import "github.com/syncsvc/syncsvc/control"

// A colour is the parameter of a terminal's SGR sequence. Only those that
// every terminal has are used, so that its owner's palette decides.
type colour string

const (
	bold   colour = "1"
	dim    colour = "2"
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
	blue   colour = "36"
)

// paint colours text, if there is to be colour.
func (l Look) paint(c colour, text string) string {
	if !l.Colour || text == "" || c == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// Bold, Dim and the like colour text where there is to be colour.
func (l Look) Bold(text string) string { return l.paint(bold, text) }

// Dim is for what matters less.
func (l Look) Dim(text string) string { return l.paint(dim, text) }

// Good is for what is as it should be.
func (l Look) Good(text string) string { return l.paint(green, text) }

// Warn is for what needs a look.
func (l Look) Warn(text string) string { return l.paint(yellow, text) }

// Bad is for what needs a person.
func (l Look) Bad(text string) string { return l.paint(red, text) }

// State writes a state in its colour.
func (l Look) State(s control.State) string { return l.paint(stateColour(s), Safe(string(s))) }

func stateColour(s control.State) colour {
	switch s {
	case control.Live:
		return green
	case control.Starting, control.Scanning:
		return blue
	case control.Paused, control.Degraded, control.Held:
		return yellow
	case control.Stopped, control.Disabled:
		return dim
	}
	return red
}
