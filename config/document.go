package config

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxFileSize is far beyond what a person writes and what a program should
// generate; it bounds what reading a wrong file costs.
const maxFileSize = 1 << 20

// parse reads a text into its top object. When that cannot be had, it returns
// nil and why not; other problems come with an object as good as possible. A
// text that says nothing is nil without a problem.
func parse(src *source) (*node, []Problem) {
	if p, bad := unreadable(src); bad {
		return nil, []Problem{p}
	}
	tokens := lexer.Tokenize(src.text)
	if p, bad := tooMuch(src, tokens); bad {
		return nil, []Problem{p}
	}
	file, err := parseTokens(tokens)
	if err != nil {
		return nil, []Problem{syntaxProblem(src, err)}
	}
	body, p, bad := onlyBody(src, file)
	if bad {
		return nil, []Problem{p}
	}
	if body == nil {
		return nil, nil
	}
	c := converter{src: src, anchors: map[string]*node{}}
	top := c.convert(body)
	if top.kind != object && top.kind != broken {
		c.fail(top.at, "put keys in front, as in \"watch: /data0/www/www\"", "is %s, not an object with keys", top.kind)
	}
	return top, c.problems
}

// plainLines makes the line ends of other systems ours. The YAML parser needs
// very long for carriage returns.
var plainLines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// unreadable refuses what is not a text at all.
func unreadable(src *source) (Problem, bool) {
	src.text = plainLines.Replace(strings.TrimPrefix(src.text, "\ufeff"))
	switch i := badByte(src.text); {
	case len(src.text) > maxFileSize:
		return src.problem(position{}, "", "", "is larger than 1 MiB"), true
	case i >= 0:
		return badByteProblem(src, i), true
	}
	return Problem{}, false
}

func badByteProblem(src *source, offset int) Problem {
	at := positionOf(src.text, offset)
	if src.text[offset] < ' ' {
		return src.problem(at, "", "", "this control character does not belong in a text file")
	}
	return src.problem(position{line: at.line}, "", "save the file as UTF-8; patterns that are not UTF-8 can be in a file that exclude_from names",
		fmt.Sprintf("character %d is not UTF-8", at.column))
}

// badByte returns where the first byte is that no text has, or -1.
func badByte(s string) int {
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return i
		}
		if r < ' ' && r != '\n' && r != '\t' {
			return i
		}
	}
	return -1
}

func positionOf(s string, offset int) position {
	before := s[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	return position{strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1}
}

// parseTokens calls the YAML parser. A panic of it becomes an error: a typing
// mistake must not end the process that keeps all other modules running.
func parseTokens(tokens token.Tokens) (file *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

// onlyBody returns the one document that a configuration consists of, nil when
// there are only comments.
func onlyBody(src *source, file *ast.File) (ast.Node, Problem, bool) {
	var body ast.Node
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case doc.Body.Type() == ast.DirectiveType:
			return nil, src.problem(nodePosition(doc.Body), "", "take it out", "YAML directives are not supported"), true
		case body != nil:
			return nil, src.problem(nodePosition(doc.Body), "", "put each module in a file of its own", "a second document begins here"), true
		default:
			body = doc.Body
		}
	}
	return body, Problem{}, false
}

// syntaxProblem turns an error of the YAML parser into one of ours.
func syntaxProblem(src *source, err error) Problem {
	var at position
	original := err.Error()
	if e, ok := errors.AsType[yaml.Error](err); ok {
		original = e.GetMessage()
		if t := e.GetToken(); t != nil {
			at = tokenPosition(t)
		}
	}
	message, hint := explainSyntax(original)
	return src.problem(at, "", hint, message)
}

// explainSyntax knows the mistakes that people make most.
func explainSyntax(message string) (better, hint string) {
	switch {
	case strings.Contains(message, "'\t'"):
		return "is not YAML: a tab indents this line", "indent with spaces"
	case strings.Contains(message, "reserved character"):
		hint = "put the text in quotes"
	case strings.Contains(message, "mapping value is not allowed"):
		hint = "a text that contains \": \" needs quotes"
	case strings.Contains(message, "value is not allowed in this context"):
		hint = "keys of one object begin in the same column"
	}
	return "is not YAML: " + message, hint
}

func tokenPosition(t *token.Token) position {
	if t == nil || t.Position == nil {
		return position{}
	}
	return position{t.Position.Line, t.Position.Column}
}
