package main

import (
	"fmt"
	"strings"
)

// manDate is in every manual page: the same sources make the same pages.
const manDate = "2026-11-20"

// roff writes manual pages in the man macros, the few that both groff and
// mandoc format well.
type roff struct {
	b     strings.Builder
	below bool // a heading, where a paragraph begins by itself
}

func (r *roff) title(name, section, about string) {
	r.line(`.TH %s %s %s syncsvc "%s"`, name, section, manDate, about)
}

func (r *roff) section(name string)    { r.heading(".SH " + quoted(name)) }
func (r *roff) subsection(name string) { r.heading(".SS " + quoted(name)) }

func (r *roff) heading(line string) {
	r.line("%s", line)
	r.below = true
}

func (r *roff) line(format string, args ...any) {
	fmt.Fprintf(&r.b, format+"\n", args...)
	r.below = false
}

// paragraph begins one, unless a heading just did.
func (r *roff) paragraph() {
	if !r.below {
		r.line(".PP")
	}
}

// tagged writes a term with its explanation beside it.
func (r *roff) tagged(term, text string) {
	r.line(".TP")
	r.line("%s", term)
	r.line("%s", escaped(text))
}

// text writes paragraphs, which blank lines separate. Lines that are indented
// keep their shape.
func (r *roff) text(text string) {
	const flowing, shaped, between = 1, 2, 0
	in := between
	enter := func(next int) {
		if in == next {
			return
		}
		if in == shaped {
			r.line(".EE")
		}
		if next != between {
			r.paragraph()
		}
		if next == shaped {
			r.line(".EX")
		}
		in = next
	}
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		switch {
		case strings.TrimSpace(line) == "":
			enter(between)
			continue
		case strings.HasPrefix(line, " "):
			enter(shaped)
		default:
			enter(flowing)
		}
		r.line("%s", escaped(line))
	}
	enter(between)
}

// literal writes lines that keep their shape, indented.
func (r *roff) literal(lines []string) {
	r.paragraph()
	r.line(".RS 4")
	r.line(".EX")
	for _, line := range lines {
		r.line("%s", escaped(line))
	}
	r.line(".EE")
	r.line(".RE")
}

// escaped makes text mean itself: backslashes, dashes that are to be copied
// from the page, and lines that would be requests.
func escaped(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

func bold(text string) string { return `\fB` + escaped(text) + `\fR` }

func quoted(text string) string {
	return `"` + strings.ReplaceAll(escaped(text), `"`, `\(dq`) + `"`
}
