package filter

import (
	"testing"

	"pgregory.net/rapid"
)

func TestPatternsSayWhatTheExpressionSays(t *testing.T) {
	for expression, want := range map[string]bool{
		`(.*)\.svn`: true, `^info/*`: true, `(.*)/secret/(.*)`: true, `.*\.(gz|zip)`: true, `[0-9]+`: false, `a(`: false,
	} {
		if _, ok := Patterns(expression); ok != want {
			t.Errorf("%s: %v, want %v", expression, ok, want)
		}
	}
}

func TestPatternsExcludeWhatTheExpressionExcludes(t *testing.T) {
	pieces := []string{`(.*)`, `.*`, `a`, `b`, `/`, `\.`, `^`, `c/*`}
	rapid.Check(t, func(t *rapid.T) {
		expression := ""
		for _, p := range rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 5).Draw(t, "pieces") {
			expression += p
		}
		patterns, ok := Patterns(expression)
		if !ok {
			t.Skip("not to be said in patterns")
		}
		var rules []Rule
		for _, p := range patterns {
			rules = append(rules, Rule{Text: p, Kind: Exclude})
		}
		one, err := Parse(nil, []Regex{{Text: expression}})
		if err != nil {
			t.Skip(err)
		}
		other, err := Parse(rules, nil)
		if err != nil {
			t.Fatalf("%s: %q: %v", expression, patterns, err)
		}
		path := rapid.StringMatching(`[abc.]{1,3}(/[abc.]{1,2}){0,2}`).Draw(t, "path")
		if a, b := one.Excluded(path, false), other.Excluded(path, false); a != b {
			t.Errorf("%s is %q, and of %s they say %v and %v", expression, patterns, path, a, b)
		}
	})
}
