package filter

import (
	"bytes"
	"fmt"
	"iter"
	"os"
	"strings"
)

// ReadRules reads a file that has one rule of the given kind a line, as rsync's
// --exclude-from and --include-from do: lines end with newline or carriage
// return, blank ones and those that start with '#' or ';' are skipped, and
// nothing is trimmed. The Source of each rule is path:line.
func ReadRules(path string, kind Kind) ([]Rule, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read filter rules: %w", err)
	}
	var rules []Rule
	for n, line := range lines(text) {
		rules = append(rules, Rule{line, kind, fmt.Sprintf("%s:%d", path, n)})
	}
	return rules, nil
}

// lines yields the rules of a file with their line numbers.
func lines(text []byte) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		n := 1
		for len(text) > 0 {
			line, end := text, len(text)
			if i := bytes.IndexAny(text, "\r\n"); i >= 0 {
				line, end = text[:i], i+1
			}
			rule := len(line) > 0 && line[0] != '#' && line[0] != ';'
			if rule && !yield(n, string(line)) {
				return
			}
			if text[end-1] == '\n' {
				n++
			}
			text = text[end:]
		}
	}
}

// wordsOf yields the rules of a file that are separated by white space. Such a
// file has no comments, and "- foo" in it is two words and thus an error in
// rsync as well, whatever its manual says: write "-_foo".
func wordsOf(text []byte) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		n, start := 1, 0
		for i := 0; i <= len(text); i++ {
			if i < len(text) && !isSpace(text[i]) {
				continue
			}
			if i > start && !yield(n, string(text[start:i])) {
				return
			}
			if i < len(text) && text[i] == '\n' {
				n++
			}
			start = i + 1
		}
	}
}

// mergeName returns the file a merge rule names. rsync takes a relative one from
// the folder it happens to run in, which for this program is the watch root.
func mergeName(st statement) (string, error) {
	if !strings.HasPrefix(st.pattern, "/") {
		return "", &problem{"the file to merge must be an absolute path", ""}
	}
	return st.pattern, nil
}
