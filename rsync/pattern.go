package rsync

import "strings"

// The other side of a remote transfer takes the target folder for a pattern:
// where "wild*" does not exist yet, it would write to, and delete in, whatever
// else matches. There is no way to tell it not to. So a name with such a letter
// is written as a pattern that matches nothing but that name, and since a
// pattern without a match is taken for a name again, with a "/./" behind it that
// cannot be made: rsync then fails, and the folder is made by sending it as an
// entry of its parent. See makeFolder.

// patternLetters make a name a pattern.
const patternLetters = "*?["

// isPattern reports whether the other side would take a path for a pattern.
func isPattern(path string) bool { return strings.ContainsAny(path, patternLetters) }

var inBrackets = strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]", `\`, `[\\]`)

// literally writes each name that is a pattern as one that matches just itself.
// In other names a backslash is only a backslash.
func literally(path string) string {
	names := strings.Split(path, "/")
	for i, name := range names {
		if isPattern(name) {
			names[i] = inBrackets.Replace(name)
		}
	}
	return strings.Join(names, "/")
}

// closing ends a remote folder written by literally.
func closing(path string) string {
	if isPattern(path) {
		return "/./"
	}
	return "/"
}

// plainParent splits base before its first name that is a pattern.
func plainParent(base string) (parent, rest string) {
	rest = clean(base)
	for {
		name, after, found := strings.Cut(rest, "/")
		if !found || isPattern(name) {
			return clean(parent), rest
		}
		parent, rest = joined(parent, name), after
	}
}
