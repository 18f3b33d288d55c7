package takeover

import (
	"slices"
	"strings"
)

// marker begins every line that was commented out.
const marker = "# taken over by syncsvc: "

// statement is a line of a script with those it is continued on.
type statement struct {
	parsed
	first, last int // physical lines, from 0, inclusive
	before      int // how many compound commands are open before it
	after       int
}

// silence returns the script with every line commented out that starts a
// mirror, and those lines. It adds and removes no lines.
func silence(text []byte, f finder) ([]byte, []Line) {
	lines := strings.SplitAfter(string(text), "\n")
	statements := split(lines)
	var found []Line
	ended := false
	for i := 0; i < len(statements); i++ {
		s := statements[i]
		starts, also := f.in(s)
		if starts != "" {
			end := closes(statements, i)
			l := describe(lines, s, starts, also)
			switch {
			case ended:
				l.Stays = "it comes after \"exit\" and is never reached"
			case end < 0:
				l.Stays = "what it is part of begins or ends on the same line; take it out by hand"
			default:
				comment(lines, s.first, statements[end].last, s.before > 0)
				i = end
			}
			found = append(found, l)
		}
		ended = ended || s.before == 0 && leaves(s)
	}
	return []byte(strings.Join(lines, "")), found
}

// in returns what a statement starts, and whether it does anything else.
func (f finder) in(s statement) (starts string, also bool) {
	for _, c := range s.commands {
		switch found := f.starts(c); {
		case found != "":
			starts = found
		case !harmless(c):
			also = true
		}
	}
	return starts, also
}

// harmless are commands that are only there for the sake of another one.
func harmless(c command) bool {
	c = bare(c)
	return len(c) == 0 || slices.Contains([]string{
		"[", "[[", "test", "cd", "sleep", "echo", "true", ":", "read", "while", "for", "fi", "done", "}", "esac", "return", "exit", "ulimit",
	}, c[0])
}

func describe(lines []string, s statement, starts string, also bool) Line {
	return Line{Number: s.first + 1, Text: strings.TrimSpace(strings.Join(lines[s.first:s.last+1], "")), Starts: starts, Also: also}
}

// closes returns the statement that ends what statement i begins: i itself when
// it begins nothing, -1 when nothing does or when it ends something else.
func closes(statements []statement, i int) int {
	for j := i; j < len(statements); j++ {
		if statements[j].after < statements[i].before {
			return -1
		}
		if statements[j].after == statements[i].before {
			return j
		}
	}
	return -1
}

// comment makes comments of lines. Inside of something a ":" goes before, since
// a shell wants a command there.
func comment(lines []string, first, last int, inside bool) {
	for i := first; i <= last; i++ {
		text := strings.TrimLeft(lines[i], " \t")
		indent := lines[i][:len(lines[i])-len(text)]
		colon := ""
		if inside && i == first {
			colon = ": "
		}
		lines[i] = indent + colon + marker + text
	}
}

// leaves says whether a script ends with a statement.
func leaves(s statement) bool {
	return len(s.commands) == 1 && (s.commands[0][0] == "exit" || s.commands[0][0] == "exec" && len(s.commands[0]) > 1)
}

// split joins lines that belong together and leaves here-documents out.
func split(lines []string) []statement {
	var out []statement
	depth, here := 0, ""
	for i := 0; i < len(lines); i++ {
		if here != "" {
			if strings.TrimLeft(strings.TrimRight(lines[i], "\r\n"), "\t") == here {
				here = ""
			}
			continue
		}
		s := statement{first: i, before: depth}
		text := lines[i]
		for s.parsed = parse(text); (s.unended || !s.remark && continued(text)) && i+1 < len(lines); s.parsed = parse(text) {
			i++
			text += lines[i]
		}
		s.last = i
		depth = max(0, depth+s.opens+nesting(s.commands))
		s.after, here = depth, s.here
		out = append(out, s)
	}
	return out
}

// continued says whether a line goes on on the next: an odd number of
// backslashes at its end.
func continued(text string) bool {
	text = strings.TrimSuffix(text, "\n")
	return (len(text)-len(strings.TrimRight(text, `\`)))%2 == 1
}

// nesting returns by how much more commands begin than they end.
func nesting(commands []command) int {
	n := 0
	for _, c := range commands {
		for len(c) > 0 {
			switch c[0] {
			case "if", "while", "until", "for", "case", "select", "{":
				n++
			case "fi", "done", "esac", "}":
				n--
			}
			if c[0] == "for" || !slices.Contains(keywords(), c[0]) {
				break
			}
			c = c[1:]
		}
	}
	return n
}
