package sersync

import (
	"regexp"
	"strconv"
	"strings"
)

// reference is "&name;", "&#60;" or "&#x3c;". A plain "&", as in URLs, is none.
var reference = regexp.MustCompile(`&(#?[A-Za-z0-9]+);`)

// plain replaces the references in an attribute's value; bad is the first one
// that means nothing. There are no others than XML's own five, so a value never
// grows.
func plain(s string) (value, bad string) {
	if !strings.Contains(s, "&") {
		return s, ""
	}
	value = reference.ReplaceAllStringFunc(s, func(ref string) string {
		text, ok := character(ref[1 : len(ref)-1])
		if !ok && bad == "" {
			bad = ref
		}
		return text
	})
	return value, bad
}

func character(name string) (string, bool) {
	switch name {
	case "amp":
		return "&", true
	case "lt":
		return "<", true
	case "gt":
		return ">", true
	case "quot":
		return `"`, true
	case "apos":
		return "'", true
	}
	digits, numbered := strings.CutPrefix(name, "#")
	base := 10
	if hex, ok := strings.CutPrefix(strings.ToLower(digits), "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseInt(digits, base, 32)
	if !numbered || err != nil || n < ' ' && n != '\t' {
		return "", false
	}
	return string(rune(n)), true
}
