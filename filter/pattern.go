package filter

import "strings"

// how names the ways a pattern is compared, cheapest first. Most rules people
// write need no wildcard matching.
type how uint8

const (
	never      how = iota // a malformed "[" or a lone "/": matches nothing
	nameIs                // core
	nameEnds              // *.ext
	nameStarts            // core.*
	pathIs                // /a/b
	pathEnds              // **.ext
	tailIs                // a/b, **/a
	nameWild              // [ab]*.o
	pathWild              // everything else
)

// pattern is what a rule compares names with.
type pattern struct {
	how  how
	text string // what the name or path is compared with, or starts or ends with
	wild *wild  // for nameWild and pathWild
	// tail, unless 0, is how many of the last names of a path wild sees.
	tail   int
	layout layout // of the path for wild; after is for folders only
}

// compile prepares text, which has lost a trailing slash. It takes the decisions
// of add_rule() and rule_matches() in exclude.c.
func compile(text string) pattern {
	slashes := strings.Count(text, "/")
	if !strings.ContainsAny(text, "*?[") {
		return compileLiteral(text, slashes)
	}
	if p, ok := compileSimple(text, slashes); ok {
		return p
	}
	double := strings.Contains(text, "**")
	anchored := text[0] == '/'
	p := pattern{
		how:  pathWild,
		wild: compileWild(strings.TrimPrefix(text, "/")),
		layout: layout{
			before: strings.HasPrefix(text, "**"),
			after:  strings.HasSuffix(text, "***"),
		},
	}
	switch {
	case p.wild == nil:
		p.how = never
	case slashes == 0 && !double:
		p.how = nameWild
	case anchored || p.layout.before:
	case double:
		p.layout.anywhere = true
	default:
		p.tail = slashes + 1
	}
	return p
}

func compileLiteral(text string, slashes int) pattern {
	switch {
	case slashes == 0:
		return pattern{how: nameIs, text: text}
	case text == "/":
		return pattern{how: never}
	case text[0] == '/':
		return pattern{how: pathIs, text: text[1:]}
	}
	return pattern{how: tailIs, text: text}
}

// compileSimple handles patterns whose only wildcard is a star at one end, and
// the two stars in front that people write for "at any depth".
func compileSimple(text string, slashes int) (pattern, bool) {
	core := strings.Trim(text, "*")
	if core == "" || strings.ContainsAny(core, `*?[\`) {
		return pattern{}, false
	}
	before := strings.Index(text, core)
	after := len(text) - len(core) - before
	switch {
	case slashes == 0 && before == 1 && after == 0:
		return pattern{how: nameEnds, text: core}, true
	case slashes == 0 && before == 0 && after == 1:
		return pattern{how: nameStarts, text: core}, true
	case before == 2 && after == 0 && core == "/":
		return pattern{how: never}, true
	case before == 2 && after == 0 && core[0] == '/':
		return pattern{how: tailIs, text: core[1:]}, true
	case before == 2 && after == 0:
		return pattern{how: pathEnds, text: core}, true
	}
	return pattern{}, false
}

// match reports whether the pattern matches a path; base is its last name.
func (p *pattern) match(path, base string, dir bool) bool {
	switch p.how {
	case nameIs:
		return base == p.text
	case nameEnds:
		return strings.HasSuffix(base, p.text)
	case nameStarts:
		return strings.HasPrefix(base, p.text)
	case pathIs:
		return path == p.text
	case pathEnds:
		return strings.HasSuffix(path, p.text)
	case tailIs:
		return isTail(path, p.text)
	case nameWild:
		return p.wild.match(base, layout{})
	case pathWild:
		return p.matchWild(path, dir)
	}
	return false
}

func (p *pattern) matchWild(path string, dir bool) bool {
	if p.tail > 0 {
		var long bool
		if path, long = lastNames(path, p.tail); !long {
			return false
		}
	}
	l := p.layout
	l.after = l.after && dir
	return p.wild.match(path, l)
}

// isTail reports whether path ends in tail at a boundary between names.
func isTail(path, tail string) bool {
	if !strings.HasSuffix(path, tail) {
		return false
	}
	rest := len(path) - len(tail)
	return rest == 0 || path[rest-1] == '/'
}

// lastNames returns the last n names of path, and false when it has fewer.
func lastNames(path string, n int) (string, bool) {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] != '/' {
			continue
		}
		if n--; n == 0 {
			return path[i+1:], true
		}
	}
	return path, n == 1
}
