package sersync

import (
	"strings"
	"unicode/utf8"
)

// openQuote is what split refuses when the last quotation mark has no other.
const openQuote = "an open quotation mark"

// split cuts a text into words as a shell does: at spaces, but not in quotation
// marks, and a backslash takes away the meaning of what follows. What only a
// shell can do is refused, because there will be none; at is then how many
// characters are before it.
func split(s string) (words []string, at int, refused string) {
	var word strings.Builder
	open, quote := false, rune(0)
	end := func() {
		if open {
			words = append(words, word.String())
		}
		word.Reset()
		open = false
	}
	escaped := false
	for i, r := range s {
		switch {
		case escaped:
			escaped = false
			if quote == '"' && !strings.ContainsRune("\"\\$`", r) {
				word.WriteByte('\\')
			}
			word.WriteRune(r)
		case r == '\\' && quote != '\'':
			escaped, open = true, true
		case quote == 0 && (r == '"' || r == '\''):
			quote, open = r, true
		case quote == r:
			quote = 0
		case quote != '\'' && (r == '$' || r == '`'):
			return nil, count(s[:i]), string(r)
		case quote == 0 && strings.ContainsRune("|&;<>()", r):
			return nil, count(s[:i]), string(r)
		case quote == 0 && strings.ContainsRune(" \t\r\n", r):
			end()
		default:
			open = true
			word.WriteRune(r)
		}
	}
	if quote != 0 {
		return nil, count(s), openQuote
	}
	end()
	return words, 0, ""
}

func count(s string) int { return utf8.RuneCountInString(s) }
