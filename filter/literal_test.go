package filter

import (
	"slices"
	"strings"
	"testing"
)

// TestLiteralExcludesExactlyOnePath asks the real program, on trees full of
// names that look like patterns.
func TestLiteralExcludesExactlyOnePath(t *testing.T) {
	empty := t.TempDir()
	eachCase(t, func(c *testCase) {
		paths := c.all.paths()
		path := paths[c.IntN(len(paths))]
		var ours []string
		for p, dir := range c.all {
			if p != path && !strings.HasPrefix(p, path+"/") {
				ours = append(ours, shown(p, dir))
			}
		}
		slices.Sort(ours)
		pattern := Literal(path, c.all[path])
		r := rsync(c, c.top, empty, []string{"./"}, "-n", "-r", "--filter=- "+pattern)
		c.rules = []Rule{{pattern, Exclude, ""}}
		c.same(r, r.sent, ours)

		f, err := Parse(c.rules, nil)
		if err != nil {
			c.Error(err)
		}
		c.same(run{}, included(c.all, f.Excluded), ours)
	})
}

func TestLiteralOfAFolderLeavesFilesAlone(t *testing.T) {
	for _, path := range []string{"a", "a b/c*", `[\]`, "**", "\n"} {
		f := mustParse(t, listOf(Exclude, Literal(path, true)))
		if f.Excluded(path, false) || !f.Excluded(path, true) {
			t.Errorf("%q: got %q", path, Literal(path, true))
		}
	}
}

func TestLiteralOfTheLongestNameIsStillOnePattern(t *testing.T) {
	path := strings.Repeat(strings.Repeat("*", 255)+"/", 7) + strings.Repeat("*", 255)
	if got := len(Literal(path, true)); got > maxPattern {
		t.Errorf("got %d bytes, want at most %d", got, maxPattern)
	}
	if !mustParse(t, listOf(Exclude, Literal(path, false))).Excluded(path, false) {
		t.Error("it does not match")
	}
}
