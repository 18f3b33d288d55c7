package takeover

import "strings"

// command is a simple command of a shell: its words with quotes taken off,
// without redirections.
type command []string

// parsed is what a line of a shell script consists of.
type parsed struct {
	commands []command
	opens    int    // "(" without a ")" on this line; negative the other way round
	unended  bool   // a quote is open at the end
	remark   bool   // it ends with a comment, which no backslash continues
	here     string // what ends the here-document that begins after the line, or ""
}

// parse takes one line, with those it is continued on, apart. It knows quotes,
// comments, redirections and the operators between commands, and nothing of
// expansion.
func parse(line string) parsed {
	p := parser{rest: line}
	for p.rest != "" {
		p.step()
	}
	p.endWord()
	p.endCommand()
	return p.parsed
}

type parser struct {
	parsed
	rest    string
	word    []byte
	inWord  bool
	current command
	target  string // the redirection that the next word belongs to, or ""
}

func (p *parser) step() {
	c := p.rest[0]
	p.rest = p.rest[1:]
	switch c {
	case ' ', '\t', '\n', '\r':
		p.endWord()
		if c == '\n' {
			p.endCommand()
		}
	case '#':
		if p.inWord {
			p.add(c)
		} else {
			p.skipComment()
		}
	case '\\':
		p.escape()
	case '\'', '"':
		p.quoted(c)
	case '<', '>':
		p.redirect(c)
	case ';', '|', '&', '(', ')':
		p.operator(c)
	default:
		p.add(c)
	}
}

func (p *parser) add(c byte) {
	p.word, p.inWord = append(p.word, c), true
}

func (p *parser) skipComment() {
	_, p.rest, _ = strings.Cut(p.rest, "\n")
	p.endCommand()
	p.remark = p.rest == ""
}

// escape takes the next character as it is; a line end vanishes.
func (p *parser) escape() {
	if p.rest == "" {
		return
	}
	if p.rest[0] != '\n' {
		p.add(p.rest[0])
	}
	p.rest = p.rest[1:]
}

func (p *parser) quoted(mark byte) {
	p.inWord = true
	for p.rest != "" {
		c := p.rest[0]
		p.rest = p.rest[1:]
		switch {
		case c == mark:
			return
		case c == '\\' && mark == '"' && p.rest != "":
			p.word = append(p.word, p.rest[0])
			p.rest = p.rest[1:]
		default:
			p.word = append(p.word, c)
		}
	}
	p.unended = true
}

// redirect notes that the next word is a file, or ends a here-document.
func (p *parser) redirect(c byte) {
	p.endWord()
	op := string(c)
	for p.rest != "" && strings.IndexByte("<>&|-", p.rest[0]) >= 0 {
		op += p.rest[:1]
		p.rest = p.rest[1:]
	}
	p.target = op
}

func (p *parser) operator(c byte) {
	p.endWord()
	if c == '&' && strings.HasPrefix(p.rest, ">") { // &>file
		return
	}
	p.endCommand()
	switch c {
	case '(':
		p.opens++
	case ')':
		p.opens--
	}
}

func (p *parser) endWord() {
	if !p.inWord {
		return
	}
	word := string(p.word)
	p.word, p.inWord = nil, false
	switch {
	case p.target == "<<" || p.target == "<<-":
		p.here = word
	case p.target == "":
		p.current = append(p.current, word)
	}
	p.target = ""
}

func (p *parser) endCommand() {
	p.target = ""
	if len(p.current) > 0 {
		p.commands = append(p.commands, p.current)
		p.current = nil
	}
}
