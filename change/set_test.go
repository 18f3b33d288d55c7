package change

import (
	"fmt"
	"slices"
	"testing"
	"time"

	cmp "github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var t0 = time.Unix(1_000_000, 0)

func at(seconds int) time.Time { return t0.Add(time.Duration(seconds) * time.Second) }

func genChange(t *rapid.T) Change {
	path := rapid.SampledFrom([]string{Root, "a", "b", "a/b", "a/c", "a/b/c", "a/b/d", "b/x", "b/x/y", "ab"}).Draw(t, "path")
	return Change{
		Path:  path,
		Scope: rapid.SampledFrom([]Scope{Entry, Entry, Entry, Listing, Scan, Tree}).Draw(t, "scope"),
		Quick: rapid.Bool().Draw(t, "quick"),
		Since: at(rapid.IntRange(0, 50).Draw(t, "since")),
		Was:   rapid.SampledFrom([]string{"", "", "", "old"}).Draw(t, "was"),
		Swept: rapid.Bool().Draw(t, "swept"),
	}
}

// shape is what is owed, without when it became so and why.
func shape(s *Set) []string {
	var out []string
	for c := range s.All() {
		out = append(out, fmt.Sprintf("%s %s quick=%t was=%q", c.Path, c.Scope, c.Quick, c.Was))
	}
	slices.Sort(out)
	return out
}

func TestOrderAndRepetitionDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOfN(rapid.Custom(genChange), 1, 12).Draw(t, "changes")
		shuffled := rapid.Permutation(in).Draw(t, "shuffled")
		one, two := NewSet(0), NewSet(0)
		for _, c := range in {
			one.Add(c)
		}
		for _, c := range append(shuffled, shuffled...) {
			two.Add(c)
		}
		if d := cmp.Diff(shape(one), shape(two)); d != "" {
			t.Fatalf("another order owes something else (-one +two):\n%s", d)
		}
		if !one.Oldest().Equal(two.Oldest()) {
			t.Fatalf("oldest %v, in another order %v", one.Oldest(), two.Oldest())
		}
	})
}

func TestNothingOwedIsForgotten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.SampledFrom([]int{0, 1, 3, 5}).Draw(t, "limit")
		in := rapid.SliceOfN(rapid.Custom(genChange), 1, 20).Draw(t, "changes")
		s := NewSet(limit)
		for _, c := range in {
			s.Add(c)
		}
		for _, c := range in {
			if !answered(s, c) {
				t.Fatalf("%+v is no longer owed; the set holds %q", c, shape(s))
			}
		}
	})
}

// answered reports whether something in the set, not younger than c, will look
// at c's path: what covers it, the same path and scope, or a scan above.
func answered(s *Set, c Change) bool {
	for w := range s.All() {
		same := w.Path == c.Path && w.Scope == c.Scope && (!w.Quick || c.Quick)
		scan := w.Scope == Scan && c.Scope != Tree && Within(c.Path, w.Path)
		tree := w.Scope == Tree && Within(c.Path, w.Path) && (!w.Quick || c.Quick)
		if (same || scan || tree || Covers(w, c)) && !w.Since.After(c.Since) {
			return true
		}
	}
	return false
}

func TestMemoryStaysBounded(t *testing.T) {
	s := NewSet(100)
	for i := range 10_000 {
		s.Add(Change{Path: fmt.Sprintf("d/e/%d/f", i), Since: at(i)})
		if s.Len() > 101 {
			t.Fatalf("holds %d changes, the limit is 100", s.Len())
		}
	}
	var scan *Change
	for c := range s.All() {
		if c.Scope == Scan {
			scan = &c
		}
	}
	if scan == nil || scan.Path != "d/e" || !scan.Since.Equal(at(0)) {
		t.Fatalf("collapsed into %+v, want a scan of d/e since the first change", scan)
	}
}

func TestTooManyTreesBecomeOne(t *testing.T) {
	s := NewSet(10)
	for i := range 11 {
		s.Add(Change{Path: fmt.Sprintf("d/%d", i), Scope: Tree, Since: at(i)})
	}
	got := shape(s)
	want := []string{`d scan quick=false was=""`, `d tree quick=false was=""`}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestTakeIsOldestFirstAndLeavesTheRest(t *testing.T) {
	s := NewSet(0)
	for _, p := range []string{"c", "a", "b", "d"} {
		s.Add(Change{Path: p})
	}
	got := s.Take(2, func(c Change) bool { return c.Path != "a" })
	var paths []string
	for _, c := range got {
		paths = append(paths, c.Path)
	}
	if d := cmp.Diff([]string{"c", "b"}, paths); d != "" {
		t.Error(d)
	}
	if s.Len() != 2 || !s.Holds("a") || !s.Holds("d") {
		t.Errorf("left %q, want a and d", shape(s))
	}
}

func TestNeighboursOfAPath(t *testing.T) {
	s := NewSet(0)
	s.Add(Change{Path: "a/b"})
	for _, c := range []struct {
		path                string
		holds, above, below bool
	}{
		{Root, false, false, true},
		{"a", false, false, true},
		{"a/b", true, false, false},
		{"a/b/c", false, true, false},
		{"ab", false, false, false},
		{"a/bc", false, false, false},
	} {
		got := []bool{s.Holds(c.path), s.HoldsAbove(c.path), s.HoldsBelow(c.path)}
		if want := []bool{c.holds, c.above, c.below}; !slices.Equal(got, want) {
			t.Errorf("%s: holds, above, below = %v, want %v", c.path, got, want)
		}
	}
}

func TestRemovedNamesFreeTheTrie(t *testing.T) {
	s := NewSet(0)
	s.Add(Change{Path: "a/b/c"})
	s.Take(1, func(Change) bool { return true })
	if len(s.root.kids) != 0 || s.first != nil || s.last != nil {
		t.Error("an emptied set still holds nodes")
	}
}

func TestRemoveTakesEveryScopeAtAPath(t *testing.T) {
	s := NewSet(0)
	s.Add(Change{Path: "a", Scope: Scan})
	s.Add(Change{Path: "a"})
	s.Add(Change{Path: "a/b"})
	s.Remove("a")
	s.Remove("not there")
	if d := cmp.Diff([]string{`a/b entry quick=false was=""`}, shape(s)); d != "" {
		t.Error(d)
	}
}

func TestPathArithmetic(t *testing.T) {
	for _, c := range []struct{ path, dir, to, want string }{
		{"a/b/c", "a/b", "x", "x/c"},
		{"a/b", "a/b", "x/y", "x/y"},
		{"a", Root, "x", "x/a"},
	} {
		if got := Rebase(c.path, c.dir, c.to); got != c.want {
			t.Errorf("Rebase(%q, %q, %q) = %q, want %q", c.path, c.dir, c.to, got, c.want)
		}
	}
	if got := Parent("a/b") + " " + Parent("a") + " " + Parent(Root); got != "a . ." {
		t.Errorf("parents are %q", got)
	}
}

func BenchmarkAddTake(b *testing.B) {
	paths := make([]string, 10_000)
	for i := range paths {
		paths[i] = fmt.Sprintf("dir%d/file%d", i%100, i)
	}
	b.ReportAllocs()
	for b.Loop() {
		s := NewSet(100_000)
		for _, p := range paths {
			s.Add(Change{Path: p, Since: t0})
		}
		s.Take(len(paths), func(Change) bool { return true })
	}
}
