package config

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// excerptWidth is how much of a long line is shown, in characters.
const excerptWidth = 100

// position is a place in a text, both counted from 1. The zero value stands
// for the text as a whole.
type position struct {
	line, column int
}

// source is a configuration text and where it came from.
type source struct {
	file string
	text string
}

// problem returns a problem at a place of the text.
func (s *source) problem(at position, key, hint, message string) Problem {
	return Problem{
		File: s.file, Line: at.line, Column: at.column,
		Key: key, Message: message, Hint: hint, Excerpt: s.excerpt(at),
	}
}

// label names a line for messages that mention a second place.
func (s *source) label(at position) string {
	return s.file + ":" + strconv.Itoa(at.line)
}

// excerpt returns the line at a place with its number, and a caret below it.
func (s *source) excerpt(at position) string {
	line, ok := s.line(at.line)
	if !ok || at.column < 1 || at.column > len(line)+1 {
		return ""
	}
	from := max(0, at.column-1-excerptWidth*3/4)
	to := min(len(line), from+excerptWidth)
	number := strconv.Itoa(at.line)
	indent := strings.Repeat(" ", at.column-1-from)
	return fmt.Sprintf("%6s | %s\n%6s | %s^", number, string(line[from:to]), "", indent)
}

// line returns line n as characters that are safe on a terminal and one column
// wide each as far as can be known: a tab becomes a space, and what cannot be
// printed a question mark.
func (s *source) line(n int) ([]rune, bool) {
	rest := s.text
	for range n - 1 {
		i := strings.IndexByte(rest, '\n')
		if i < 0 {
			return nil, false
		}
		rest = rest[i+1:]
	}
	line, _, _ := strings.Cut(rest, "\n")
	return []rune(strings.Map(printable, strings.TrimSuffix(line, "\r"))), n > 0
}

func printable(r rune) rune {
	switch {
	case r == '\t':
		return ' '
	case !unicode.IsPrint(r):
		return '?'
	}
	return r
}
