package filter

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxPatterns bounds how many patterns one expression may become.
const maxPatterns = 16

// glob is an expression without alternatives: literal texts with ".*" between
// them, so one text has none.
type glob struct {
	texts []string
	begin bool // "^" stands in front
	end   bool // "$" stands behind, or as good as that
}

// translate returns rsync patterns that together match exactly the paths that
// the expression matches whole, with or without a leading slash; false when
// that takes more than rsync's wildcards can say.
func translate(expression string) ([]string, bool) {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil, false
	}
	globs, ok := expand(parsed.Simplify())
	if !ok {
		return nil, false
	}
	var patterns []string
	for _, g := range globs {
		if p, ok := g.pattern(); ok && !slices.Contains(patterns, p) {
			patterns = append(patterns, p)
		}
	}
	if slices.ContainsFunc(patterns, tooLong) {
		return nil, false
	}
	return patterns, true
}

func tooLong(pattern string) bool { return len(pattern) > maxPattern }

// expand returns the globs whose union is the expression.
func expand(re *syntax.Regexp) ([]glob, bool) {
	switch re.Op {
	case syntax.OpNoMatch:
		return nil, true
	case syntax.OpEmptyMatch:
		return plain(""), true
	case syntax.OpLiteral:
		return expandLiteral(re)
	case syntax.OpCharClass:
		return expandClass(re.Rune)
	case syntax.OpStar:
		return expandStar(re.Sub[0])
	case syntax.OpBeginText:
		return []glob{{texts: []string{""}, begin: true}}, true
	case syntax.OpEndText:
		return []glob{{texts: []string{""}, end: true}}, true
	case syntax.OpCapture:
		return expand(re.Sub[0])
	case syntax.OpQuest:
		globs, ok := expand(re.Sub[0])
		return append(globs, plain("")...), ok
	case syntax.OpAlternate:
		return expandAlternatives(re.Sub)
	case syntax.OpConcat:
		return expandSequence(re.Sub)
	}
	return nil, false
}

func plain(s string) []glob { return []glob{{texts: []string{s}}} }

// expandStar knows ".*", and "/*" at the end, which people write for "and all
// beneath": a path never ends in a slash, so it is as good as "$".
func expandStar(of *syntax.Regexp) ([]glob, bool) {
	if of.Op == syntax.OpLiteral && string(of.Rune) == "/" {
		return []glob{{texts: []string{""}, end: true}}, true
	}
	return []glob{{texts: []string{"", ""}}}, of.Op == syntax.OpAnyChar
}

// expandLiteral refuses the replacement rune because it also matches bytes that
// are not UTF-8.
func expandLiteral(re *syntax.Regexp) ([]glob, bool) {
	s := string(re.Rune)
	return plain(s), re.Flags&syntax.FoldCase == 0 && !strings.ContainsRune(s, utf8.RuneError)
}

// expandClass takes pairs of first and last rune, as syntax.Regexp has them.
func expandClass(ranges []rune) ([]glob, bool) {
	var globs []glob
	for ; len(ranges) > 0; ranges = ranges[2:] {
		for r := ranges[0]; r <= ranges[1]; r++ {
			if r >= utf8.RuneSelf || len(globs) == maxPatterns {
				return nil, false
			}
			globs = append(globs, plain(string(r))...)
		}
	}
	return globs, true
}

func expandAlternatives(parts []*syntax.Regexp) ([]glob, bool) {
	var globs []glob
	for _, part := range parts {
		more, ok := expand(part)
		if globs = append(globs, more...); !ok || len(globs) > maxPatterns {
			return nil, false
		}
	}
	return globs, true
}

func expandSequence(parts []*syntax.Regexp) ([]glob, bool) {
	globs := plain("")
	for _, part := range parts {
		next, ok := expand(part)
		if !ok || len(globs)*len(next) > maxPatterns {
			return nil, false
		}
		if globs, ok = join(globs, next); !ok {
			return nil, false
		}
	}
	return globs, true
}

// join returns every glob of a followed by every one of b.
func join(a, b []glob) ([]glob, bool) {
	var both []glob
	for _, x := range a {
		for _, y := range b {
			if y.begin && !x.empty() || x.end && !y.empty() {
				return nil, false
			}
			last := len(x.texts) - 1
			texts := slices.Concat(x.texts[:last], []string{x.texts[last] + y.texts[0]}, y.texts[1:])
			both = append(both, glob{texts, x.begin || y.begin, x.end || y.end})
		}
	}
	return both, true
}

func (g glob) empty() bool { return len(g.texts) == 1 && g.texts[0] == "" }

// pattern returns the rsync pattern for g, or false when no path can match.
func (g glob) pattern() (string, bool) {
	first, last := g.texts[0], g.texts[len(g.texts)-1]
	if strings.HasSuffix(last, "/") {
		return "", false // and a pattern that ends so would mean folders only
	}
	if len(g.texts) == 1 {
		return Literal(strings.TrimPrefix(first, "/"), false), first != ""
	}
	// rsync puts a slash before the path when the pattern starts with two
	// stars, so those cover both ways of writing the path.
	if first != "" && first[0] != '/' {
		first = "/" + first
	}
	var b strings.Builder
	b.WriteString(escape(first))
	for i, t := range g.texts[1:] {
		if t != "" || i == len(g.texts)-2 {
			b.WriteString("**" + escape(t))
		}
	}
	return b.String(), true
}

// Patterns returns exclude patterns that together match exactly what a regular
// expression matches as a whole, as [Regex] does; false when rsync's wildcards
// cannot say it, or it is no expression.
func Patterns(expression string) ([]string, bool) {
	if _, err := syntax.Parse(expression, syntax.Perl); err != nil {
		return nil, false
	}
	return translate("(?s:" + expression + ")")
}
