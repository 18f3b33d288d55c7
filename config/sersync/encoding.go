package sersync

import (
	"regexp"
	"strings"
)

// declaration is the first line of an XML file.
var declaration = regexp.MustCompile(`^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._:-]+)["']`)

// Declared returns the encoding that a file says it has, in lower case; "utf-8"
// when it says nothing, or begins with the mark of UTF-8.
func Declared(data string) string {
	if strings.HasPrefix(data, "\ufeff") {
		return "utf-8"
	}
	m := declaration.FindStringSubmatch(data[:min(len(data), 1024)])
	if m == nil {
		return "utf-8"
	}
	return strings.ToLower(m[1])
}
