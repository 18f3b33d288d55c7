package filter

import (
	"fmt"
	"strings"
)

// flags is what stands before a pattern: the kind of the rule and its modifiers.
type flags uint16

const (
	include    flags = 1 << iota // matching includes; otherwise it excludes
	negate                       // "!": not matching counts as matching
	sender                       // speaks for the sending side; see sides
	receiver                     // speaks for the receiving side
	perishable                   // "p": does not keep a folder from being deleted
	xattr                        // "x": about names of extended attributes only
	merge                        // names a file of rules
	reset                        // "!": forget all rules so far
	bare                         // merge: every line is a pattern, no prefixes
	words                        // merge: rules are separated by white space
	self                         // merge: exclude the file's own name too
	old                          // not a modifier: read as --exclude and --include do
)

const (
	// sides are the flags that limit a rule to one side; none means both.
	sides = sender | receiver
	// inherited are the flags a merge rule hands on to the rules of its file.
	inherited = include | perishable
)

// maxPattern is the longest pattern in bytes; rsync discards longer ones with a
// remark and carries on (MAXPATHLEN).
const maxPattern = 4095

// problem is what is wrong with a rule, before anyone knows where it stands.
type problem struct{ what, hint string }

func (p *problem) Error() string { return p.what }

// statement is one rule taken apart. For a merge rule the pattern is the name of
// the file.
type statement struct {
	flags   flags
	pattern string
}

// parse takes one rule apart. Context holds the flags of the merge rule whose
// file it stands in, or old and include as its kind demands.
func parse(text string, context flags) (statement, error) {
	st, err := parsePrefix(text, context)
	if err != nil {
		return st, err
	}
	if context&sides != 0 {
		if st.flags&sides != 0 {
			return st, &problem{"it names a side, and so does the merge rule that reads it", "drop one of the two"}
		}
		st.flags |= context & sides
	}
	return st, st.check()
}

// check finds what is wrong with a rule whatever its pattern means.
func (st statement) check() error {
	switch {
	case st.flags&reset != 0:
		return nil
	case st.pattern == "":
		return &problem{"it has no pattern", ""}
	case strings.IndexByte(st.pattern, 0) >= 0:
		return &problem{"it contains a NUL byte", "no file name can"}
	case len(st.pattern) > maxPattern:
		return &problem{fmt.Sprintf("longer than %d bytes, which rsync discards", maxPattern), ""}
	}
	return nil
}

func parsePrefix(text string, context flags) (statement, error) {
	st := statement{context & inherited, text}
	switch {
	case context&bare != 0:
		return st, nil
	case context&old != 0:
		return parseOld(st), nil
	}
	return parseFull(text, st)
}

// parseOld reads what may follow --exclude and --include.
func parseOld(st statement) statement {
	switch {
	case strings.HasPrefix(st.pattern, "- "):
		return statement{st.flags &^ include, st.pattern[2:]}
	case strings.HasPrefix(st.pattern, "+ "):
		return statement{st.flags | include, st.pattern[2:]}
	case st.pattern == "!":
		return statement{flags: reset}
	}
	return st
}

// parseFull reads what may follow --filter: a name, modifiers, one space or
// underscore, and all the rest is the pattern.
func parseFull(text string, st statement) (statement, error) {
	op, rest, ok := cutName(text)
	own, known := opFlags(op)
	if !ok || !known {
		return st, &problem{"unknown kind of rule", `start it with "- " to exclude or "+ " to include`}
	}
	if op == ':' {
		return st, &problem{
			"a watcher cannot know rules that lie in the folders it watches",
			`list the rules in the module file, or read one file with ". /path/to/rules"`,
		}
	}
	st.flags |= own
	if own == reset {
		if rest != "" {
			return st, &problem{`"!" must stand alone`, ""}
		}
		return st, nil
	}
	return parseModifiers(rest, st)
}

// cutName splits a rule after its name, short or long, and the comma that may
// follow.
func cutName(text string) (op byte, rest string, ok bool) {
	if text == "" {
		return 0, "", false
	}
	if strings.IndexByte("cdehimprs", text[0]) < 0 {
		return text[0], strings.TrimPrefix(text[1:], ","), true
	}
	for _, n := range [...]struct {
		long  string
		short byte
	}{
		{"clear", '!'},
		{"dir-merge", ':'},
		{"exclude", '-'},
		{"hide", 'H'},
		{"include", '+'},
		{"merge", '.'},
		{"protect", 'P'},
		{"risk", 'R'},
		{"show", 'S'},
	} {
		if rest, found := strings.CutPrefix(text, n.long); found {
			if rest == "" || rest[0] == '_' || isSpace(rest[0]) {
				return n.short, rest, true
			}
			rest, found = strings.CutPrefix(rest, ",")
			return n.short, rest, found
		}
	}
	return 0, "", false
}

// opFlags returns what the short name of a rule stands for.
func opFlags(op byte) (f flags, known bool) {
	switch op {
	case '-', ':':
		return 0, true
	case '+':
		return include, true
	case 'H':
		return sender, true
	case 'S':
		return sender | include, true
	case 'P':
		return receiver, true
	case 'R':
		return receiver | include, true
	case '.':
		return merge, true
	case '!':
		return reset, true
	}
	return 0, false
}

func parseModifiers(rest string, st statement) (statement, error) {
	sided := st.flags&sides != 0
	for rest != "" && rest[0] != ' ' && rest[0] != '_' {
		f, err := modifier(rest[0], st.flags, sided)
		if err != nil {
			return st, err
		}
		st.flags |= f
		rest = rest[1:]
	}
	if rest != "" {
		rest = rest[1:]
	}
	st.pattern = rest
	return st, nil
}

// modifier returns what the modifier m means after a rule that has the flags so
// far. Sided says that the rule's name already chose a side.
func modifier(m byte, so flags, sided bool) (flags, error) {
	inMerge := so&merge != 0
	switch {
	case m == '/':
		return 0, &problem{
			"absolute paths are not the same on source and target",
			`a pattern that starts with a slash is anchored at the watched folder: "- /cache/"`,
		}
	case m == 'C':
		return 0, &problem{
			"the rules of CVS depend on the home folder and on files in the tree",
			`write out the patterns, for instance "- *.o" and "- *~"`,
		}
	case m == 'p':
		return perishable, nil
	case m == '!' && !inMerge:
		return negate, nil
	case m == 'x' && !inMerge:
		return xattr, nil
	case m == 's' && !sided:
		return sender, nil
	case m == 'r' && !sided:
		return receiver, nil
	case m == '-' && inMerge && so&bare == 0:
		return bare, nil
	case m == '+' && inMerge && so&bare == 0:
		return bare | include, nil
	case m == 'e' && inMerge:
		return self, nil
	case m == 'w' && inMerge:
		return words, nil
	case m == 'n' && inMerge:
		return 0, nil // nothing inherits from a file that is read once
	}
	return 0, &problem{fmt.Sprintf("modifier %q does not belong there", m), `put a space before the pattern: "- *.o"`}
}

// isSpace reports what isspace does in the C locale.
func isSpace(c byte) bool { return c == ' ' || c-'\t' < 5 }
