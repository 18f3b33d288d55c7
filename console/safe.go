package console

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/syncsvc/syncsvc/control"
)

// Safe makes text harmless on a terminal: what is no visible character, and
// every byte that is no character at all, is written as Go would escape it.
func Safe(text string) string {
	if printable(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		if visible(r, n) {
			b.WriteString(text[:n])
		} else {
			quoted := strconv.Quote(text[:n])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[n:]
	}
	return b.String()
}

// Path is Safe for a path, with quotes where spaces at its ends, or nothing
// at all, would not be seen.
func Path(p control.Path) string {
	text := Safe(string(p))
	if text == "" || strings.TrimSpace(text) != text {
		return `"` + text + `"`
	}
	return text
}

func printable(text string) bool {
	for i, r := range text {
		n := utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, n = utf8.DecodeRuneInString(text[i:])
		}
		if !visible(r, n) {
			return false
		}
	}
	return true
}

// visible tells whether a character that takes n bytes may be written as it is.
func visible(r rune, n int) bool {
	return strconv.IsPrint(r) && (r != utf8.RuneError || n > 1)
}
