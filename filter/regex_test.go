package filter

import (
	"regexp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestRegexMatchesTheWholePathWithOrWithoutSlash(t *testing.T) {
	for _, c := range []struct {
		regex   string
		in, out []string
		native  bool // rsync can say it too
	}{
		{`(.*)\.svn`, []string{".svn", "a/.svn", "a/b.svn", ".svn/x"}, []string{".svnx", "a.svn2"}, true},
		{`(.*)\.(gz|zip)`, []string{"a.gz", "d/a.zip"}, []string{"a.gzip", "gz"}, true},
		{`^info/*`, []string{"info", "info/a"}, []string{"infos", "a/info"}, true},
		{`^static/.*$`, []string{"static/a", "static/a/b"}, []string{"static", "a/static/b"}, true},
		{`/a`, []string{"a", "a/b"}, []string{"b/a", "/"}, true},
		{`a`, []string{"a", "a/b"}, []string{"b/a", "ab"}, true},
		{`.*/a`, []string{"a", "b/a", "b/a/c"}, []string{"ba"}, true},
		{`a[bc]?d`, []string{"ad", "abd", "acd"}, []string{"aed"}, true},
		{`.*\*.*`, []string{"*", "a*b", "x/a*"}, []string{"ab"}, true},
		{`a\*b`, []string{"a*b"}, []string{"axb"}, true},
		{`.*`, []string{"a", "a\nb", "\xff"}, []string{"."}, true},
		{``, nil, []string{"a"}, true},
		{`a/`, nil, []string{"a"}, true},
		{`.*/`, nil, []string{"a", "a/b"}, true},
		{`é.*`, []string{"é", "éa"}, []string{"\xc3"}, true},
		{`[^/]*\.log`, []string{"a.log", ".log"}, []string{"d/a.log"}, false},
		{`/[^/]*\.log`, []string{"a.log"}, []string{"d/a.log"}, false},
		{`.`, []string{"a", "\n", "\xff", "é"}, []string{"ab"}, false},
		{`(?i).*\.JPG`, []string{"a.jpg"}, []string{"a.jpeg"}, false},
		{`(a/*)b`, []string{"ab", "a/b"}, []string{"b"}, false},
		{`.*\d{4}`, []string{"x2024"}, []string{"x20"}, false},
		{`a|b/c`, []string{"a", "b/c"}, []string{"b", "b/a"}, true},
		{`a)|(b`, nil, nil, false},
	} {
		f, err := Parse(nil, []Regex{{c.regex, "here:1"}})
		if err != nil {
			if c.in != nil || c.out != nil {
				t.Error(err)
			}
			continue
		}
		for _, path := range c.in {
			if !f.Excluded(path, false) || !f.Protected(path, true) {
				t.Errorf("%s: %q is not excluded", c.regex, path)
			}
		}
		for _, path := range c.out {
			if f.Excluded(path, false) {
				t.Errorf("%s: %q is excluded", c.regex, path)
			}
		}
		if f.HasRegex() == c.native {
			t.Errorf("%s: HasRegex %v, arguments %q", c.regex, f.HasRegex(), f.Args())
		}
	}
}

func TestRegexBeatsInclude(t *testing.T) {
	for _, regex := range []string{`.*\.o`, `.*\.[^c]`} {
		f := mustParse(t, full("+ *"), Regex{Text: regex})
		if !f.Excluded("d/a.o", false) {
			t.Errorf("%s: a rule includes what it matches", regex)
		}
	}
}

func TestRegexAndItsPatternsAgree(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "b", "/", ".*", `\.`, "(a|b)", "[ab]", "a?", "$", "^", `\*`, `\[`, `\\`, "/*", "(.*b)?", "(?:b/|a)", "é", "(.*)"})
	name := rapid.StringOfN(rapid.SampledFrom([]rune(`ab.*[\é`)), 1, 4, -1)
	rapid.Check(t, func(t *rapid.T) {
		var text string
		for _, p := range rapid.SliceOfN(piece, 0, 6).Draw(t, "regex") {
			text += p
		}
		f, err := Parse(nil, []Regex{{Text: text}})
		if err != nil || f.HasRegex() {
			t.Skip("not a regex, or not translated")
		}
		whole := regexp.MustCompile(`\A(?s:` + text + `)\z`)
		path := name.Draw(t, "name")
		for _, n := range rapid.SliceOfN(name, 0, 3).Draw(t, "path") {
			path += "/" + n
		}
		if path == root {
			return
		}
		want := whole.MatchString(path) || whole.MatchString("/"+path)
		for _, dir := range []bool{false, true} {
			if got := f.ExcludedName(path, dir); got != want {
				t.Fatalf("%q as %q, path %q: got %v, want %v", text, f.Args(), path, got, want)
			}
		}
	})
}

func TestRegexHoldsInRsyncThroughLiterals(t *testing.T) {
	empty := t.TempDir()
	eachCase(t, func(c *testCase) {
		f, err := Parse(c.rules, []Regex{{Text: c.pick(`[^/]*[ab]\.?.`, `.*/[^/]{2}`, `(?i).*FOO.*`, `.*[^\w/].*`)}})
		if err != nil || !f.HasRegex() {
			c.Errorf("translated, or %v", err)
			return
		}
		args := []string{"-n", "-r"}
		for path, dir := range c.all {
			if f.Why(path, dir).Regex != nil {
				args = append(args, "--filter=- "+Literal(path, dir))
			}
		}
		r := rsync(c, c.top, empty, []string{"./"}, append(args, f.Args()...)...)
		c.same(r, r.sent, included(c.all, f.Excluded))
	})
}

func TestRsyncUnderstandsTranslatedRegexes(t *testing.T) {
	empty := t.TempDir()
	regexes := []string{`(.*)\.o`, `.*/a`, `/?foo.*`, `.*\*.*`, `(.*)\.(git|c|hid)`, `a/*`, `.*b`, `a.*o`, `.*\\.*`, `.*\[.*`, `.* .*`}
	eachCase(t, func(c *testCase) {
		var some []Regex
		for range 1 + c.IntN(2) {
			some = append(some, Regex{Text: c.pick(regexes...)})
		}
		f, err := Parse(c.rules, some)
		if err != nil || f.HasRegex() {
			c.Errorf("%v: not translated (%v)", some, err)
			return
		}
		r := rsync(c, c.top, empty, []string{"./"}, append(f.Args(), "-n", "-r")...)
		c.same(r, r.sent, included(c.all, f.Excluded))
		if !slices.Equal(r.sent, included(c.all, f.Excluded)) {
			c.Errorf("regexes %v", some)
		}
	})
}
