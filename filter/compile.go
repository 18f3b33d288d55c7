package filter

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// maxMerges is how deep merge files may name one another. It only exists to end
// a file that merges itself.
const maxMerges = 16

// compiler turns lines into one flat list of rules.
type compiler struct {
	rules    []rule
	problems []error
	merges   int // depth of the merge file being read
}

// contextOf returns the flags that make parse read a rule of the given kind.
func contextOf(k Kind) flags {
	switch k {
	case Exclude:
		return old
	case Include:
		return old | include
	}
	return 0
}

// add compiles one line. Context is that of parse.
func (c *compiler) add(line Rule, context flags) {
	if line.Text == "" {
		return // rsync skips it too
	}
	st, err := parse(line.Text, context)
	switch {
	case err != nil:
		c.problem(locate(line.Source, line.Text, err))
	case st.flags&reset != 0:
		c.rules = nil
	case st.flags&merge != 0:
		c.problem(locate(line.Source, line.Text, c.merge(line, st)))
	default:
		c.rules = append(c.rules, newRule(st, &line))
	}
}

// merge reads the file that line names.
func (c *compiler) merge(line Rule, st statement) error {
	name, err := mergeName(st)
	if err != nil {
		return err
	}
	if c.merges == maxMerges {
		return &problem{fmt.Sprintf("merge files nested more than %d deep", maxMerges), "does one merge itself?"}
	}
	if st.flags&self != 0 {
		c.excludeSelf(line, name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	split := lines
	if st.flags&words != 0 {
		split = wordsOf
	}
	c.merges++
	for n, rule := range split(text) {
		c.add(Rule{rule, Full, fmt.Sprintf("%s:%d", name, n)}, st.flags)
	}
	c.merges--
	return nil
}

// excludeSelf adds the rule that modifier e stands for; neither the modifiers of
// the merge rule nor those around it apply to it.
func (c *compiler) excludeSelf(line Rule, name string) {
	if base := name[strings.LastIndexByte(name, '/')+1:]; base != "" {
		c.rules = append(c.rules, newRule(statement{pattern: base}, &line))
	}
}

func newRule(st statement, from *Rule) rule {
	r := rule{flags: st.flags, rule: from}
	text, dirOnly := strings.CutSuffix(st.pattern, "/")
	if text == "" { // a lone slash is not stripped
		text, dirOnly = st.pattern, false
	}
	r.pattern, r.dirOnly, r.text = compile(text), dirOnly, st.pattern
	return r
}

// problem keeps err for the end, unless it is nil.
func (c *compiler) problem(err error) {
	if err != nil {
		c.problems = append(c.problems, err)
	}
}

// locate says where err happened.
func locate(source, text string, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Source: source, Text: text, Problem: err.Error()}
	var p *problem
	if errors.As(err, &p) {
		e.Hint = p.hint
	}
	return e
}
