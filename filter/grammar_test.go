package filter

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func full(texts ...string) []Rule { return listOf(Full, texts...) }

func listOf(kind Kind, texts ...string) []Rule {
	var rules []Rule
	for i, text := range texts {
		rules = append(rules, Rule{text, kind, fmt.Sprintf("rules:%d", i+1)})
	}
	return rules
}

func mustParse(t testing.TB, rules []Rule, regexes ...Regex) *Filter {
	t.Helper()
	f, err := Parse(rules, regexes)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestRulesInEverySpelling(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"- foo", "- foo"},
		{"+ foo", "+ foo"},
		{"-_foo", "- foo"},
		{"-  foo", "-  foo"},
		{"-__foo", "- _foo"},
		{"exclude foo", "- foo"},
		{"exclude_foo", "- foo"},
		{"include,s foo", "+s foo"},
		{"-,s foo", "-s foo"},
		{"-!p foo/", "-!p foo/"},
		{"-sr foo", "-sr foo"},
		{"-x user.*", "-x user.*"},
		{"H foo", "-s foo"},
		{"hide,! foo", "-!s foo"},
		{"S foo", "+s foo"},
		{"show foo", "+s foo"},
		{"P foo", "-r foo"},
		{"protect,p foo", "-rp foo"},
		{"R foo", "+r foo"},
		{"risk foo", "+r foo"},
		{"- /", "- /"},
		{"- //", "- //"},
		{"- a\nb ", "- a\nb "},
	} {
		got := mustParse(t, full(c.text)).Args()
		if diff := cmp.Diff(got, []string{"--filter=" + c.want}); diff != "" {
			t.Errorf("%q: got -, want +\n%s", c.text, diff)
		}
	}
}

func TestOldPatternsHaveOldPrefixes(t *testing.T) {
	got := mustParse(t, []Rule{
		{Text: "gone", Kind: Exclude},
		{Text: "!", Kind: Exclude},
		{Text: "a", Kind: Exclude},
		{Text: "+ b", Kind: Exclude},
		{Text: "- c", Kind: Include},
		{Text: "d", Kind: Include},
		{Text: "!e", Kind: Exclude},
		{Text: "H f", Kind: Exclude},
		{Text: "-g", Kind: Exclude},
		{Text: "# h", Kind: Exclude},
		{Text: "", Kind: Exclude},
	}).Args()
	want := []string{
		"--filter=- a", "--filter=+ b", "--filter=- c", "--filter=+ d",
		"--filter=- !e", "--filter=- H f", "--filter=- -g", "--filter=- # h",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}
}

// refused are rules that rsync takes and a watcher cannot follow.
func refused() []string {
	return []string{
		":n .rules", "dir-merge .rules", ":C", "-C", ".C", "-/ etc", ". relative", "merge relative", ". -",
		".x /dev/null", "./ /dev/null", "- a\x00b",
	}
}

func TestRulesAWatcherCannotFollowAreRefusedWithAHint(t *testing.T) {
	for _, text := range refused() {
		_, err := Parse(full(text), nil)
		var e *Error
		if !errors.As(err, &e) || e.Source != "rules:1" || e.Problem == "" {
			t.Errorf("%q: got %v, want an Error with its source", text, err)
		}
	}
	_, err := Parse(full(": .rules"), nil)
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.Hint, "module file") {
		t.Errorf("a per-directory rule: got %#v, want a hint at the module file", err)
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	_, err := Parse(full("- ok", "foo", ":C", "- "), []Regex{{"(", "rules:9"}})
	if err == nil {
		t.Fatal("got no error")
	}
	for _, where := range []string{"rules:2", "rules:3", "rules:4", "rules:9"} {
		if !strings.Contains(err.Error(), where) {
			t.Errorf("got %q, want it to name %s", err, where)
		}
	}
	if strings.Contains(err.Error(), "rules:1") {
		t.Errorf("got %q, want nothing about rules:1", err)
	}
}

// TestParseTakesWhatRsyncTakes asks the real program about each rule.
func TestParseTakesWhatRsyncTakes(t *testing.T) {
	empty := t.TempDir()
	for _, text := range []string{
		"- a", "+ a", "-", "- ", "-_", "+", "a", "# a", "-a", "+a", "-p-a", "-!!ss a", "-e a", "-w a", "-n a", "-- a", "-+ a",
		"-s,a", "-,s a", "-,,s a", "exclude", "exclude a", "exclude\ta", "exclude,a", "exclude,sp_a", "excludes a", "e a",
		"hide", "hide a", "Hs a", "H,! a", "Hp a", "Hr a", "Hx a", "P a", "Px! a", "protect,p! a", "risk_a", "show,r a", "R,a",
		"!", "! ", "!a", "!,", "clear", "clear,", "clear ", "clear_", "clear,x", "clearx", "merge", "merge ", ".", ". ", ".! /dev/null",
		". /dev/null", ".- /dev/null", ".+ /dev/null", ".-+ /dev/null", ".ew /dev/null", ".sr /dev/null", ". /no/such/file", ",s a",
		" - a", "\t", "_", "-sx a", "-x! a",
	} {
		theirs := rsync(t, empty, empty, []string{"./"}, "-n", "--filter="+text)
		_, err := Parse(full(text), nil)
		if (theirs.exit == 0) != (err == nil) {
			t.Errorf("%q: rsync exits %d, Parse says %v\n%s", text, theirs.exit, err, theirs.text)
		}
	}
}

func TestMergeFilesAreReadAsRsyncReadsThem(t *testing.T) {
	dir := t.TempDir()
	src := tree{"a": false, "b": false, "m": false, "+": false, "-": false, "#c": false, ";d": false, "- a": false, "a ": false, "x": true, "x/a": false}.make(t)
	for i, text := range []string{
		"- a\n+ b\n- *\n", "- a\r\n\r\n# - b\n; - b\n-  b", "+ x/\n+_a\n-_*", "+_b -_* \n\n\f-,s_a", "a\nb", "- a\n!\n- b\n", "#c\n;d\n!",
		"- a\n!x\n", "H a", "R a\nP b", "-s a", "", "\n\n", "-p a\n", "- a\x00zzz\n- b",
	} {
		name := fmt.Sprintf("%s/%d", dir, i)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		mods := []string{"", "-", "+", "w", "w-", "w+", "s", "s-", "r", "p", "n", "e", "es-"}
		sideBySide(len(mods), func(i int) {
			checkMerge(t, src, full("- b", "."+mods[i]+" "+name, "- x"), text)
		})
	}
}

func checkMerge(t *testing.T, src string, rules []Rule, text string) {
	t.Helper()
	f, err := Parse(rules, nil)
	// Without --from0, with which rsync would take the file for NUL separated.
	theirs := rsync(t, src, t.TempDir(), []string{"./"}, append([]string{"-n", "-r", "--no-from0"}, asWritten(rules)...)...)
	switch {
	case err != nil && strings.Contains(text, "\x00"):
		return // rsync drops the rest of such a line without a word
	case (theirs.exit == 0) != (err == nil):
		t.Errorf("%q of %q: rsync exits %d, Parse says %v\n%s", rules[1].Text, text, theirs.exit, err, theirs.text)
	case err == nil:
		if diff := cmp.Diff(theirs.sent, included(list(t, src), f.Excluded)); diff != "" {
			t.Errorf("%q of %q: rsync -, ours +\n%s", rules[1].Text, text, diff)
		}
	}
}

func TestRuleFromAMergeFileNamesItsLine(t *testing.T) {
	name := t.TempDir() + "/rules"
	if err := os.WriteFile(name, []byte("# first\n- a\n- b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := mustParse(t, full("merge "+name)).Why("b", false)
	if want := (&Rule{"- b", Full, name + ":3"}); !cmp.Equal(got.Rule, want) {
		t.Errorf("got %v, want %v", got.Rule, want)
	}
}

func TestFileThatMergesItselfIsAnError(t *testing.T) {
	name := t.TempDir() + "/rules"
	if err := os.WriteFile(name, []byte("merge "+name+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(full(". "+name), nil); err == nil {
		t.Error("got no error")
	}
}

func TestReadRulesTrimsNothingAndSkipsComments(t *testing.T) {
	name := t.TempDir() + "/list"
	text := "*.swp\n\n# comment\n;comment\n #no\r\n+ keep \r- x\n!\nlast"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := ReadRules(name, Exclude)
	if err != nil {
		t.Fatal(err)
	}
	want := []Rule{
		{"*.swp", Exclude, name + ":1"},
		{" #no", Exclude, name + ":5"},
		{"+ keep ", Exclude, name + ":6"},
		{"- x", Exclude, name + ":6"},
		{"!", Exclude, name + ":7"},
		{"last", Exclude, name + ":8"},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}
	if _, err := ReadRules(name+".missing", Exclude); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want an error for a missing file", err)
	}
}
