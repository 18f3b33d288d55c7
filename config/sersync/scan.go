package sersync

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// What a file may contain at most. A real one has some dozens of elements, five
// deep.
const (
	maxDepth      = 32
	maxElements   = 20_000
	maxAttributes = 64
)

// element is one tag of the XML with what is inside it. Names are in lower
// case: sersync did not tell the cases apart.
type element struct {
	name     string // lower case
	written  string // as it stands in the file
	at       Pos
	attrs    []attribute
	children []*element
}

// attribute is one attribute of a tag, its place being that of its value.
type attribute struct {
	name, written string
	value         string
	at            Pos
}

// scanner goes through a text once. Text between elements is passed over, as
// sersync did; it is where people put notes.
type scanner struct {
	text   string
	offset int
	line   int
	column int // of offset, from 1, in characters
	count  int // of elements
}

// scan returns the root element, or the first problem.
func scan(text string) (root *element, bad *Problem) {
	s := &scanner{text: text, line: 1, column: 1}
	defer func() {
		if r := recover(); r != nil {
			p, ours := r.(Problem)
			if !ours {
				panic(r)
			}
			root, bad = nil, &p
		}
	}()
	return s.document(), nil
}

// fail ends the scan; scan makes a result of it.
func (s *scanner) fail(at Pos, hint, format string, args ...any) {
	panic(Problem{At: at, Message: fmt.Sprintf(format, args...), Hint: hint})
}

func (s *scanner) pos() Pos { return Pos{s.line, s.column} }

// move goes on by n bytes.
func (s *scanner) move(n int) {
	passed := s.text[s.offset : s.offset+n]
	if i := strings.LastIndexByte(passed, '\n'); i >= 0 {
		s.line += strings.Count(passed, "\n")
		s.column, passed = 1, passed[i+1:]
	}
	s.column += utf8.RuneCountInString(passed)
	s.offset += n
}

func (s *scanner) rest() string { return s.text[s.offset:] }

// document reads the one root element. What stands around it is passed over.
func (s *scanner) document() *element {
	if strings.TrimSpace(s.text) == "" {
		s.fail(Pos{}, "copy sersync's own confxml.xml, or write a module file: syncsvc config example", "is empty")
	}
	var root *element
	for s.toTag() {
		at := s.pos()
		if strings.HasPrefix(s.rest(), "</") {
			s.fail(at, "", "%s closes an element that was never opened", s.closing())
		}
		e := s.element(1)
		if root != nil {
			s.fail(at, "put everything into one <head>", "<%s> is a second root element, after </%s>", e.written, root.written)
		}
		if e.name != "head" {
			s.fail(at, "a configuration of sersync begins with <head version=\"2.5\">", "the root element is <%s>, not <head>", e.written)
		}
		root = e
	}
	if root == nil {
		s.fail(Pos{}, "a configuration of sersync begins with <head version=\"2.5\">", "has no element at all")
	}
	return root
}

// toTag goes to the next tag that opens or closes an element, past comments,
// text and instructions, and reports whether there is one.
func (s *scanner) toTag() bool {
	for {
		i := strings.IndexByte(s.rest(), '<')
		if i < 0 {
			s.move(len(s.rest()))
			return false
		}
		s.move(i)
		switch rest := s.rest(); {
		case strings.HasPrefix(rest, "<!--"):
			s.past("-->", "the comment")
		case strings.HasPrefix(rest, "<![CDATA["):
			s.past("]]>", "the CDATA section")
		case strings.HasPrefix(rest, "<?"):
			s.past("?>", "the instruction")
		case strings.HasPrefix(rest, "<!"):
			s.doctype()
		case len(rest) > 1 && (rest[1] == '/' || isNameByte(rest[1])):
			return true
		default:
			s.move(1) // a lone "<" in a note
		}
	}
}

// past goes beyond the end of something that began here.
func (s *scanner) past(end, what string) {
	i := strings.Index(s.rest(), end)
	if i < 0 {
		s.fail(s.pos(), "end it with "+end, "%s that begins here never ends", what)
	}
	s.move(i + len(end))
}

// doctype passes over a document type without declarations of its own. With
// them a small file can stand for a very large one, or read other files.
func (s *scanner) doctype() {
	at, rest := s.pos(), s.rest()
	end := strings.IndexAny(rest, ">[")
	if !strings.HasPrefix(strings.ToUpper(rest), "<!DOCTYPE") || end < 0 || rest[end] == '[' {
		s.fail(at, "take it out; sersync needs none", "declarations of entities and the like are not read")
	}
	s.move(end + 1)
}

// element reads the element that begins here, to its end.
func (s *scanner) element(depth int) *element {
	e, alone := s.tag()
	if s.count++; s.count > maxElements {
		s.fail(e.at, "is this sersync's configuration?", "more than %d elements", maxElements)
	}
	if depth > maxDepth {
		s.fail(e.at, "is this sersync's configuration?", "elements are more than %d deep in each other", maxDepth)
	}
	if alone {
		return e
	}
	for s.toTag() {
		if !strings.HasPrefix(s.rest(), "</") {
			e.children = append(e.children, s.element(depth+1))
			continue
		}
		at := s.pos()
		if name := s.closing(); !strings.EqualFold(name, "</"+e.written+">") {
			s.fail(at, fmt.Sprintf("close <%s> first, or end it with />", e.written),
				"%s does not close <%s> of line %d", name, e.written, e.at.Line)
		}
		return e
	}
	s.fail(e.at, fmt.Sprintf("is the file cut off? <%s> ends with </%s>", e.written, e.written), "<%s> is never closed", e.written)
	return nil
}

// closing reads a closing tag and returns it without spaces.
func (s *scanner) closing() string {
	at := s.pos()
	s.move(2)
	name := s.name()
	s.space()
	if !strings.HasPrefix(s.rest(), ">") {
		s.fail(at, "", "</%s has no > at its end", name)
	}
	s.move(1)
	return "</" + name + ">"
}

// tag reads an opening tag; alone says that it ends with "/>".
func (s *scanner) tag() (e *element, alone bool) {
	at := s.pos()
	s.move(1)
	written := s.name()
	e = &element{name: strings.ToLower(written), written: written, at: at}
	for {
		s.space()
		switch rest := s.rest(); {
		case rest == "":
			s.fail(at, "is the file cut off?", "<%s has no > at its end", written)
		case strings.HasPrefix(rest, "/>"):
			s.move(2)
			return e, true
		case rest[0] == '>':
			s.move(1)
			return e, false
		case isNameByte(rest[0]):
			s.attribute(e)
		default:
			r, _ := utf8.DecodeRuneInString(rest)
			s.fail(s.pos(), "is a quotation mark missing before it?", "%q does not belong in <%s>", r, written)
		}
	}
}

// attribute reads name="value".
func (s *scanner) attribute(e *element) {
	at := s.pos()
	written := s.name()
	a := attribute{name: strings.ToLower(written), written: written}
	s.space()
	if !strings.HasPrefix(s.rest(), "=") {
		s.fail(at, fmt.Sprintf("write %s=\"...\"", written), "%s in <%s> has no value", written, e.written)
	}
	s.move(1)
	s.space()
	a.at = s.pos()
	a.value = s.quoted(e, written)
	for _, other := range e.attrs {
		if other.name == a.name {
			s.fail(at, "", "<%s> has %s twice", e.written, written)
		}
	}
	if e.attrs = append(e.attrs, a); len(e.attrs) > maxAttributes {
		s.fail(at, "is this sersync's configuration?", "<%s> has more than %d attributes", e.written, maxAttributes)
	}
}

// quoted reads an attribute's value, and leaves a.at just before it.
func (s *scanner) quoted(e *element, name string) string {
	at := s.pos()
	if s.rest() == "" || s.rest()[0] != '"' && s.rest()[0] != '\'' {
		s.fail(at, fmt.Sprintf("write %s=\"...\"", name), "the value of %s in <%s> has no quotation marks", name, e.written)
	}
	mark := s.rest()[:1]
	s.move(1)
	end := strings.Index(s.rest(), mark)
	inside := s.rest()[:max(end, 0)]
	if end < 0 || strings.Contains(inside, "<") && strings.Contains(inside, "\n") {
		s.fail(at, "is the closing quotation mark missing?", "the value of %s in <%s> never ends", name, e.written)
	}
	value, bad := plain(inside)
	if bad != "" {
		s.fail(at, "write &amp; for a plain &", "the value of %s contains %s, which sersync does not know", name, bad)
	}
	s.move(end + 1)
	return value
}

func (s *scanner) space() {
	s.move(len(s.rest()) - len(strings.TrimLeft(s.rest(), " \t\r\n")))
}

func (s *scanner) name() string {
	n := 0
	for n < len(s.rest()) && isNameByte(s.rest()[n]) {
		n++
	}
	name := s.rest()[:n]
	s.move(n)
	return name
}

// isNameByte reports whether a name can contain c. Letters beyond ASCII are
// allowed in names, so that they are reported as unknown and not as nonsense.
func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '_' || c == '-' || c == '.' || c == ':' || c >= utf8.RuneSelf
}
