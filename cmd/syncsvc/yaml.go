package main

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// quoter writes texts as YAML has them, and remembers the first that it cannot
// hold.
type quoter struct{ err error }

// plainYAML is what may stand without quotes, whatever reads it: paths, URLs
// and words that are no numbers.
var plainYAML = regexp.MustCompile(`^(?:/|rsync://|ssh://|[A-Za-z][A-Za-z]*-)[A-Za-z0-9_./@:%+-]*[A-Za-z0-9_/]$`)

// quote returns text as a YAML scalar, "" for "". flag is what people call it.
func (q *quoter) quote(flag, text string) string {
	switch {
	case text == "" || plainYAML.MatchString(text):
		return text
	case !utf8.ValidString(text):
		q.refuse(flag, text)
		return ""
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == ' ' || r < 0x7f && unicode.IsPrint(r) || r > 0xa0 && unicode.IsGraphic(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// refuse remembers that text is bytes that no YAML file can hold.
func (q *quoter) refuse(flag, text string) {
	hint := "give the folder a name in UTF-8, or make a symbolic link with one to it"
	switch flag {
	case "--target":
		hint = "write such bytes of a URL as %XX"
	case "--exclude":
		hint = "write ? for each such byte, or name a file of patterns in exclude_from"
	}
	if q.err == nil {
		q.err = &usageError{fmt.Sprintf("%s %q is not UTF-8, which a module file is", flag, text), hint}
	}
}
