package hook

import (
	"fmt"
	"regexp"
	"strings"
)

// mapping finds the URL of a path.
type mapping struct {
	o     Options
	base  string
	regex *regexp.Regexp // nil = none
}

// newMapping returns the mapping of a base URL and, unless it is "", a regular
// expression, which is searched in the absolute path: the URL is then base, the
// first group, and all that follows the match.
func newMapping(o Options, base, regex string) (*mapping, error) {
	m := &mapping{o: o, base: base}
	if regex == "" {
		return m, nil
	}
	r, err := regexp.Compile(regex)
	if err != nil {
		return nil, fmt.Errorf("regex: %w", err)
	}
	m.regex = r
	return m, nil
}

// url returns the URL of a path with everything escaped that does not belong in
// one; that of a folder ends with "/". It is false for what the expression is
// not found in.
func (m *mapping) url(path string, dir bool) (string, bool) {
	rest, ok := m.rest(path)
	if !ok {
		return "", false
	}
	u := m.base + escapePath(rest)
	if dir && !strings.HasSuffix(u, "/") {
		u += "/"
	}
	return u, true
}

// rest is what follows the base.
func (m *mapping) rest(path string) (string, bool) {
	if m.regex == nil {
		if path == "." {
			return "", true
		}
		return path, true
	}
	file := m.o.file(path)
	at := m.regex.FindStringSubmatchIndex(file)
	if at == nil {
		return "", path == "." // everything is always meant
	}
	group := ""
	if len(at) > 3 && at[2] >= 0 {
		group = file[at[2]:at[3]]
	}
	return group + file[at[1]:], true
}

// escapePath writes every byte as %XX that may not be in the path of a URL, or
// that would mean something there.
func escapePath(path string) string {
	const upperHex = "0123456789ABCDEF"
	var out strings.Builder
	for i := range len(path) {
		c := path[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if letter || strings.IndexByte("-._~/!$&'()*+,;=:@", c) >= 0 {
			out.WriteByte(c)
			continue
		}
		out.WriteByte('%')
		out.WriteByte(upperHex[c>>4])
		out.WriteByte(upperHex[c&15])
	}
	return out.String()
}
