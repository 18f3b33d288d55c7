package filter

import "testing"

// TestExamplesOfTheManual holds what rsync(1) says about patterns, and the
// corners its text leaves open.
func TestExamplesOfTheManual(t *testing.T) {
	for _, c := range []struct {
		pattern string
		in, out []string // excluded and not; a slash at the end says folder
	}{
		{"*.o", []string{"a.o", "d/a.o", ".o", "a.o/"}, []string{"a.oo", "o", "a.o.c"}},
		{"/foo", []string{"foo", "foo/", "foo/a"}, []string{"a/foo", "foo2"}},
		{"foo/", []string{"foo/", "a/foo/", "a/foo/b"}, []string{"foo", "a/foo"}},
		{"foo/*/bar", []string{"foo/x/bar", "a/foo/x/bar", "foo/x/bar/"}, []string{"foo/bar", "foo/x/y/bar", "afoo/x/bar"}},
		{"/foo/**/bar", []string{"foo/x/bar", "foo/x/y/bar/z"}, []string{"foo/bar", "a/foo/x/bar"}},
		{"/foo/*/bar", []string{"foo/x/bar"}, []string{"foo/x/y/bar", "foo/bar"}},
		{"foo", []string{"foo", "a/foo", "a/foo/b"}, []string{"foobar", "foo.o"}},
		{"foo/bar", []string{"foo/bar", "a/foo/bar"}, []string{"foo/x/bar", "bar", "afoo/bar"}},
		{"dir_name/***", []string{"dir_name/", "dir_name/a", "x/dir_name/", "x/dir_name/a/b"}, []string{"dir_name", "dir_names/"}},
		{"dir_name/**", []string{"dir_name/a", "x/dir_name/a"}, []string{"dir_name/", "dir_name"}},
		{"/dir/*", []string{"dir/a", "dir/a/b"}, []string{"dir/", "x/dir/a"}},
		{"a**b", []string{"ab", "a/b", "axx/yb", "x/a/b", "x/axb"}, []string{"xab", "a/bc"}},
		{"**/a", []string{"a", "x/a", "x/y/a"}, []string{"ba", "x/ba"}},
		{"**a", []string{"a", "xa", "x/a", "x/ya"}, []string{"ab"}},
		{"**.git/", []string{".git/", "x.git/", "a/.git/"}, []string{".git"}},
		{"**", []string{"a", "a/b", "a/"}, nil},
		{"?", []string{"a", "x/a"}, []string{"ab", "é"}},
		{"/?/?", []string{"a/b"}, []string{"a/bc", "a/", "xx/a/b"}},
		{"[a-c]x", []string{"ax", "cx"}, []string{"dx", "x"}},
		{"[!a-c]x", []string{"dx", "\xffx"}, []string{"ax", "x"}},
		{"[^a-c]x", []string{"dx"}, []string{"ax"}},
		{"x[/]y", nil, []string{"x/y", "y"}},
		{"[[:digit:][:upper:]]", []string{"1", "A"}, []string{"a", "[", ":"}},
		{"[[:foo:]]", nil, []string{"f", "o", ":", "["}},
		{"[[:digit]", []string{"[", ":", "d", "t"}, []string{"1"}},
		{"[]a]", []string{"]", "a"}, []string{"b"}},
		{"[a-]", []string{"a", "-"}, []string{"b"}},
		{`[\]]`, []string{"]"}, []string{`\`}},
		{`[\\-a]`, []string{`\`, "]", "a"}, []string{"b", "-"}},
		{"[a-c-e]", []string{"b", "-", "e"}, []string{"d"}},
		{"[[:digit:]-z]", []string{"1", "-", "z"}, []string{"a"}},
		{"[a", nil, []string{"[a", "a"}},
		{`foo\bar`, []string{`foo\bar`}, []string{"foobar"}},
		{`foo\bar*`, []string{"foobar", "foobarx"}, []string{`foo\bar`}},
		{`foo\\bar*`, []string{`foo\bar`}, []string{"foobar"}},
		{`\*`, []string{"*"}, []string{"a", `\*`}},
		{`a*\`, nil, []string{`a\`, "a", `ab\`}},
		{"/", nil, []string{"a", "a/"}},
		{"a ", []string{"a "}, []string{"a"}},
		{".", nil, []string{".", "a"}},
	} {
		f := mustParse(t, listOf(Exclude, c.pattern))
		for _, path := range c.in {
			if name, dir := split(path); !f.Excluded(name, dir) {
				t.Errorf("%q: %q is not excluded", c.pattern, path)
			}
		}
		for _, path := range c.out {
			if name, dir := split(path); f.Excluded(name, dir) {
				t.Errorf("%q: %q is excluded", c.pattern, path)
			}
		}
	}
}

func split(path string) (name string, dir bool) {
	if last := len(path) - 1; path[last] == '/' {
		return path[:last], true
	}
	return path, false
}

func TestFirstRuleThatMatchesDecides(t *testing.T) {
	for _, c := range []struct {
		rules   []Rule
		in, out []string
	}{
		{full("+ */", "+ *.c", "- *"), []string{"a", "d/a.o"}, []string{"d/", "a.c", "d/e/a.c"}},
		{full("+ foo/", "+ foo/bar.c", "- *"), []string{"a/", "foo/x", "bar.c", "a/bar.c"}, []string{"foo/", "foo/bar.c"}},
		{
			full("+ /some/path/this-file-is-found", "+ /file-also-included", "- *"),
			[]string{"some/", "some/path/this-file-is-found", "x"},
			[]string{"file-also-included"},
		},
		{
			full("+ /some/", "+ /some/path/", "+ /some/path/this-file-is-found", "- *"),
			[]string{"some/x"},
			[]string{"some/path/this-file-is-found"},
		},
		{full("-! */"), []string{"a", "d/a"}, []string{"d/"}},
		{full("- a", "!", "- b"), []string{"b"}, []string{"a"}},
		{full("- cache/", "+ cache/keep"), []string{"cache/keep"}, nil},
		{full("P a", "-x a", "R a"), nil, []string{"a"}},
		{full("S a", "H *"), []string{"b"}, []string{"a"}},
		{full("-! /"), []string{"a", "a/"}, []string{"."}},
	} {
		f := mustParse(t, c.rules)
		for _, path := range c.in {
			if name, dir := split(path); !f.Excluded(name, dir) {
				t.Errorf("%v: %q is not excluded", c.rules, path)
			}
		}
		for _, path := range c.out {
			if name, dir := split(path); f.Excluded(name, dir) {
				t.Errorf("%v: %q is excluded", c.rules, path)
			}
		}
	}
}

func TestHideExcludesAndProtectKeeps(t *testing.T) {
	f := mustParse(t, full("H h", "P p", "- x", "R x2", "- x*", "-p tmp"))
	for _, c := range []struct {
		path                string
		excluded, protected bool
	}{
		{"h", true, false},
		{"p", false, true},
		{"x", true, true},
		{"x2", true, false},
		{"tmp", true, true},
		{"p/below", false, false}, // p itself is sent, so rsync deletes in it
		{"x/below", true, true},
		{"h/below", true, false},
		{"h/p", true, true},
		{"h/tmp", true, false}, // perishable, and h is removed
		{"h/p/below", true, true},
		{"other", false, false},
		{".", false, false},
	} {
		if got := f.Excluded(c.path, false); got != c.excluded {
			t.Errorf("excluded %q: got %v", c.path, got)
		}
		if got := f.Protected(c.path, false); got != c.protected {
			t.Errorf("protected %q: got %v", c.path, got)
		}
	}
}

func TestNilAndEmptyFiltersExcludeNothing(t *testing.T) {
	for _, f := range []*Filter{nil, mustParse(t, nil), mustParse(t, full("- a", "!"))} {
		switch {
		case f.Excluded("a/b", true), f.ExcludedName("a", false), f.Protected("a", false):
			t.Errorf("%#v: excludes or protects something", f)
		case f.HasRegex(), !f.Empty(), len(f.Args()) > 0, f.Why("a", false).Excluded:
			t.Errorf("%#v: has something", f)
		case f.Fingerprint() != (*Filter)(nil).Fingerprint():
			t.Errorf("%#v: fingerprint %s", f, f.Fingerprint())
		}
	}
}

func TestFingerprintFollowsTheMeaning(t *testing.T) {
	seen := map[string]string{}
	for name, f := range map[string]*Filter{
		"none":    nil,
		"exclude": mustParse(t, full("- a")),
		"include": mustParse(t, full("+ a")),
		"two":     mustParse(t, full("- a", "- b")),
		"order":   mustParse(t, full("- b", "- a")),
		"one":     mustParse(t, full("- a\x01- b")),
		"regex":   mustParse(t, nil, Regex{Text: "a"}),
		"other":   mustParse(t, nil, Regex{Text: "[^a]"}),
	} {
		mark := f.Fingerprint()
		if twin, taken := seen[mark]; taken {
			t.Errorf("%s and %s have the same fingerprint", name, twin)
		}
		seen[mark] = name
	}
	long, short := mustParse(t, full("exclude a")), mustParse(t, listOf(Exclude, "a"))
	if long.Fingerprint() != short.Fingerprint() {
		t.Error("two spellings of one rule have different fingerprints")
	}
}

func TestWhyNamesTheRuleAndTheFolder(t *testing.T) {
	f := mustParse(t, listOf(Exclude, "/cache/", "+ *.keep", "*.swp"), Regex{`.*\.tmp[^/]`, "www.yaml:9"}, Regex{`log/.*`, "www.yaml:10"})
	for _, c := range []struct{ path, want string }{
		{"cache/a/b", `excluded, because folder "cache" matches exclude "/cache/" (rules:1)`},
		{"x/a.keep", `included, because it matches exclude "+ *.keep" (rules:2)`},
		{"x/a.swp", `excluded, because it matches exclude "*.swp" (rules:3)`},
		{"x/a.tmp1/b", `excluded, because folder "x/a.tmp1" matches regex ".*\\.tmp[^/]" (www.yaml:9)`},
		{"log/a", `excluded, because it matches regex "log/.*" (www.yaml:10)`},
		{"x", `included, because no rule matches`},
	} {
		if got := f.Why(c.path, false).String(); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.path, got, c.want)
		}
	}
}
