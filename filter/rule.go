package filter

import "fmt"

// Kind says how the text of a rule is read.
type Kind uint8

const (
	// Exclude is a pattern to exclude, as after rsync's --exclude: a leading
	// "- " or "+ " decides instead, and "!" alone forgets all rules before it.
	Exclude Kind = iota
	// Include is a pattern to include, as after rsync's --include. Otherwise
	// like Exclude.
	Include
	// Full is a whole filter rule, as after rsync's --filter: "- *.o",
	// "protect /local", "merge /etc/rules".
	Full
)

// String returns the kind as the module file calls it.
func (k Kind) String() string {
	return [...]string{"exclude", "include", "filter"}[k]
}

// Rule is one line as the operator wrote it.
type Rule struct {
	Text   string // bytes, not UTF-8; an empty one is no rule
	Kind   Kind
	Source string // "file:line", for people; may be empty
}

// Regex is one regular expression (RE2) as the operator wrote it. It excludes a
// path when it matches the whole of it, written relative to the root either with
// or without a leading slash. The dot matches every byte, a newline too.
type Regex struct {
	Text   string
	Source string // "file:line", for people; may be empty
}

// Error is a rule or regular expression that cannot be used.
type Error struct {
	Source  string // where it stands; may be empty
	Text    string // as written
	Problem string
	Hint    string // what to write instead, or empty
}

// Error returns where, what and why in one line, without the hint.
func (e *Error) Error() string {
	if e.Source == "" {
		return fmt.Sprintf("%q: %s", e.Text, e.Problem)
	}
	return fmt.Sprintf("%s: %q: %s", e.Source, e.Text, e.Problem)
}
