package filter

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// asRegexp says the same as a wildcard pattern in another language. Bytes become
// runes of the same number on both sides.
func asRegexp(pattern string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`\A(?s:`)
	for i := 0; i < len(pattern); i++ {
		switch {
		case strings.HasPrefix(pattern[i:], "**"):
			b.WriteString(`.*`)
			for i+1 < len(pattern) && pattern[i+1] == '*' {
				i++
			}
		case pattern[i] == '*':
			b.WriteString(`[^/]*`)
		case pattern[i] == '?':
			b.WriteString(`[^/]`)
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
			b.WriteString(regexp.QuoteMeta(latin(pattern[i : i+1])))
		default:
			b.WriteString(regexp.QuoteMeta(latin(pattern[i : i+1])))
		}
	}
	b.WriteString(`)\z`)
	return regexp.MustCompile(b.String())
}

func latin(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

func TestWildcardsMeanWhatARegexpSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Few letters, so that much matches; up to three words of states.
		text := rapid.StringOfN(rapid.SampledFrom([]rune("ab/")), 0, 150, -1).Draw(t, "text")
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune(`ab/*?\`)), 0, 150, -1).Draw(t, "pattern")
		pattern = strings.TrimRight(pattern, `\`)
		if rapid.Bool().Draw(t, "derived") {
			pattern = blur(t, text)
		}
		got := compileWild(pattern).match(text, layout{})
		if want := asRegexp(pattern).MatchString(latin(text)); got != want {
			t.Fatalf("%q against %q: got %v, want %v", pattern, text, got, want)
		}
	})
}

// blur replaces parts of text by wildcards.
func blur(t *rapid.T, text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch rapid.IntRange(0, 8).Draw(t, "blur") {
		case 0:
			b.WriteByte('?')
		case 1:
			b.WriteByte('*')
		case 2:
			b.WriteString("**")
			i += rapid.IntRange(0, 5).Draw(t, "skip")
		case 3:
			b.WriteString(`\`)
			b.WriteByte(text[i])
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String()
}

// TestNestedStarsDoNotExplode would not end with a matcher that tries again
// after each star.
func TestNestedStarsDoNotExplode(t *testing.T) {
	text := strings.Repeat("a", 4000) + "/" + strings.Repeat("a", 90)
	for _, pattern := range []string{
		strings.Repeat("*a", 1500) + "*b",
		strings.Repeat("**a", 1300) + "**b",
		strings.Repeat("**/*a", 700) + "b",
		strings.Repeat("*[[:alpha:]]", 300) + "b",
	} {
		f := mustParse(t, listOf(Exclude, pattern))
		if f.Excluded(text, false) {
			t.Errorf("%.20q… matches", pattern)
		}
	}
}

func TestMatchingDoesNotAllocate(t *testing.T) {
	f := mustParse(t, typicalRules())
	for _, path := range typicalPaths() {
		if n := testing.AllocsPerRun(10, func() { f.Excluded(path, false) }); n != 0 {
			t.Errorf("%q: %v allocations", path, n)
		}
	}
}

func FuzzRulesNeverPanic(f *testing.F) {
	f.Add("- a\n+ [[:alpha:]]*\nP **/x/***", "a/b/c")
	f.Add("-!sr /a/[^]x-\\]]/**", "a/x/b")
	f.Add("hide,! *\\\nrisk_**", "\xff/*")
	f.Add(".w+ /dev/null", "")
	f.Fuzz(func(t *testing.T, text, path string) {
		var rules []Rule
		for i, line := range strings.Split(text, "\n") {
			if strings.Contains(line, "/dev/") || strings.Contains(line, "/proc/") {
				return // a merge file that never ends
			}
			rules = append(rules, Rule{line, Kind(i % 3), ""})
		}
		parsed, err := Parse(rules, nil)
		if err != nil {
			return
		}
		again := mustParse(t, reread(parsed.Args()))
		if parsed.Fingerprint() != again.Fingerprint() {
			t.Fatalf("%q becomes %q when read again", parsed.Args(), again.Args())
		}
		for _, dir := range []bool{false, true} {
			if parsed.Excluded(path, dir) != again.Excluded(path, dir) || parsed.Protected(path, dir) != again.Protected(path, dir) {
				t.Fatalf("%q decides otherwise when read again", parsed.Args())
			}
			if why := parsed.Why(path, dir); why.Excluded != parsed.Excluded(path, dir) {
				t.Fatalf("%q: %q is excluded or not, but: %s", parsed.Args(), path, why)
			}
		}
	})
}

// reread turns arguments back into rules.
func reread(args []string) []Rule {
	var rules []Rule
	for _, arg := range args {
		rules = append(rules, Rule{strings.TrimPrefix(arg, "--filter="), Full, ""})
	}
	return rules
}
