package filter

import "strings"

// Literal returns an anchored rsync pattern that matches exactly path, whatever
// its bytes, and nothing else; with dir only a folder of that path. Give it to
// rsync as "--filter=- "+pattern: an --exclude would do as well, but a line of a
// file would not if the name has a newline. Path is relative to the root and not
// the root. A pattern longer than 4095 bytes would be discarded by rsync; that
// takes a path of more than 2047 bytes that is mostly wildcards.
func Literal(path string, dir bool) string {
	pattern := "/" + path
	// To rsync a backslash escapes only where a wildcard is present.
	if strings.ContainsAny(pattern, "*?[") {
		pattern = escape(pattern)
	}
	if dir {
		pattern += "/"
	}
	return pattern
}

// escape makes text literal within a pattern that has wildcards.
func escape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if strings.IndexByte(`\*?[`, text[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
