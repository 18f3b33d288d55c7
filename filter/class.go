package filter

import "strings"

// set is a set of bytes.
type set [4]uint64

// only returns the set of one byte.
func only(c byte) (s set) {
	s.add(c)
	return s
}

func (s set) has(c byte) bool { return s[c/64]>>(c%64)&1 != 0 }

func (s *set) add(c byte) { s[c/64] |= 1 << (c % 64) }

func (s *set) addRange(from, to byte) {
	for c := int(from); c <= int(to); c++ {
		s.add(byte(c))
	}
}

// invert returns all bytes but those of s and the slash, which "?" and classes
// never match.
func (s set) invert() set {
	for i := range s {
		s[i] = ^s[i]
	}
	return s.withoutSlash()
}

func (s set) withoutSlash() set {
	s['/'/64] &^= 1 << ('/' % 64)
	return s
}

// parseClass reads the class at the start of text, which is a "[", and returns
// the bytes it matches and its length; 0 when it is unfinished or names an
// unknown group, in which case rsync matches nothing with the whole pattern.
func parseClass(text string) (set, int) {
	p := classParser{text: text, at: 1}
	inverted := p.peek() == '!' || p.peek() == '^'
	if inverted {
		p.at++
	}
	// The first byte is an element even when it is the closing bracket.
	for first := true; first || p.peek() != ']'; first = false {
		if !p.element() {
			return set{}, 0
		}
	}
	if inverted {
		return p.found.invert(), p.at + 1
	}
	return p.found.withoutSlash(), p.at + 1
}

type classParser struct {
	text  string
	at    int
	found set
	prev  byte // the byte a "-" makes a range from; 0 when there is none
}

// peek returns the next byte, or 0 at the end: text has no NUL bytes.
func (p *classParser) peek() byte { return p.ahead(0) }

func (p *classParser) ahead(n int) byte {
	if p.at+n < len(p.text) {
		return p.text[p.at+n]
	}
	return 0
}

// element reads one byte, range or named group; false means there is none.
func (p *classParser) element() bool {
	c := p.peek()
	switch {
	case c == 0:
		return false
	case c == '\\':
		p.at++
		return p.single()
	case c == '-' && p.prev != 0 && p.ahead(1) != 0 && p.ahead(1) != ']':
		p.at++
		return p.rangeEnd()
	case c == '[' && p.ahead(1) == ':':
		return p.group()
	}
	return p.single()
}

func (p *classParser) single() bool {
	c := p.peek()
	if c == 0 {
		return false
	}
	p.found.add(c)
	p.prev = c
	p.at++
	return true
}

func (p *classParser) rangeEnd() bool {
	if p.peek() == '\\' {
		p.at++
	}
	c := p.peek()
	if c == 0 {
		return false
	}
	p.found.addRange(p.prev, c)
	p.prev = 0
	p.at++
	return true
}

// group reads a named group such as [:alpha:]. Without ":]" it is an ordinary
// "[" and the rest is read again.
func (p *classParser) group() bool {
	name, _, closed := strings.Cut(p.text[p.at+2:], "]")
	if !closed {
		return false
	}
	short, named := strings.CutSuffix(name, ":")
	if !named {
		return p.single()
	}
	if !p.found.addGroup(short) {
		return false
	}
	p.prev = 0
	p.at += len("[:") + len(name) + len("]")
	return true
}

// addGroup adds a POSIX class as the C locale defines it.
func (s *set) addGroup(name string) bool {
	switch name {
	case "alnum":
		return s.addGroup("alpha") && s.addGroup("digit")
	case "alpha":
		return s.addGroup("upper") && s.addGroup("lower")
	case "blank":
		s.add(' ')
		s.add('\t')
	case "cntrl":
		s.addRange(0, 0x1f)
		s.add(0x7f)
	case "digit":
		s.addRange('0', '9')
	case "graph":
		s.addRange('!', '~')
	case "lower":
		s.addRange('a', 'z')
	case "print":
		s.addRange(' ', '~')
	case "punct":
		s.addRange('!', '/')
		s.addRange(':', '@')
		s.addRange('[', '`')
		s.addRange('{', '~')
	case "space":
		s.add(' ')
		s.addRange('\t', '\r')
	case "upper":
		s.addRange('A', 'Z')
	case "xdigit":
		s.addRange('0', '9')
		s.addRange('a', 'f')
		s.addRange('A', 'F')
	default:
		return false
	}
	return true
}
