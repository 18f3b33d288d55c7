// Package console writes what the control API says for a person at a terminal.
//
// It turns values into text and does nothing else: it asks nobody, prints
// nowhere and knows no time but the one it is given. What files are called is
// made harmless on the way, for names are bytes and a terminal obeys some.
package console

import (
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// DefaultWidth is how many columns a listing takes where nobody says.
const DefaultWidth = 100

// Look is how text is to look. The zero value has no colours and is
// [DefaultWidth] wide.
type Look struct {
	Colour bool
	Width  int       // columns; 0 = DefaultWidth
	Now    time.Time // what spans since a moment are counted to
}

// width returns the columns there are.
func (l Look) width() int {
	if l.Width <= 0 {
		return DefaultWidth
	}
	return l.Width
}

// Width returns how many columns text takes on a terminal.
func Width(text string) int { return ansi.StringWidth(text) }

// Cut shortens text to columns; what is left out at its end becomes "…".
func Cut(text string, columns int) string { return ansi.Truncate(text, max(columns, 0), "…") }

// CutMiddle shortens text to columns but keeps its beginning and its end, by
// which names that are alike can be told apart. Text must have no colours.
func CutMiddle(text string, columns int) string {
	w := Width(text)
	if w <= columns {
		return text
	}
	if columns < 3 {
		return Cut(text, columns)
	}
	tail := (columns - 1) / 2
	end := ansi.TruncateLeft(text, w-tail, "")
	for skip := w - tail + 1; Width(end) > tail; skip++ { // it keeps a wide character of which one half fits
		end = ansi.TruncateLeft(text, skip, "")
	}
	return ansi.Truncate(text, columns-1-tail, "") + "…" + end
}

// pad fills text with spaces up to columns, on its left when right is true.
func pad(text string, columns int, right bool) string {
	gap := strings.Repeat(" ", max(0, columns-Width(text)))
	if right {
		return gap + text
	}
	return text + gap
}
