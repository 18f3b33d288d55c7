package scan

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/change"
)

func TestQuietTreeYieldsNothing(t *testing.T) {
	p := newPlot(t)
	p.write("a/b/file", "1")
	if got := p.found(Options{Since: p.now()}); len(got) > 0 {
		t.Errorf("got %q, want nothing", got)
	}
}

func TestEveryKindOfChange(t *testing.T) {
	p := newPlot(t)
	for _, path := range []string{"d/append", "d/chmod", "d/gone", "d/quiet", "d/same", "e/quiet", "f/from"} {
		p.write(path, "12345")
	}
	p.mkdir("attributes")
	since := p.now()
	p.write("d/append", "1234567")
	p.must(os.Chmod(p.at("d/chmod"), 0o600))
	p.rewrite("d/same", "54321")
	p.remove("d/gone")
	p.write("e/new/file", "1")
	p.must(os.Symlink("nowhere", p.at("e/link")))
	p.must(os.Link(p.at("e/quiet"), p.at("e/second name")))
	p.rename("f/from", "f/to")
	p.must(os.Chmod(p.at("attributes"), 0o700))
	want := []string{
		"listing attributes",
		"listing d",
		"entry! d/append",
		"entry! d/chmod",
		"entry! d/same",
		"listing e",
		"entry! e/link",
		"listing e/new",
		"entry! e/new/file",
		"entry! e/quiet", // its number of names changed
		"entry! e/second name",
		"listing f",
		"entry! f/to",
	}
	if diff := cmp.Diff(want, p.found(Options{Since: since})); diff != "" {
		t.Error(diff)
	}
}

// TestMovesNeedTheWholeTree has a folder with an old file come to lie at
// "in/D" in every way that is known to fool simpler rules.
func TestMovesNeedTheWholeTree(t *testing.T) {
	for name, move := range map[string]func(p *plot) string{
		"moved in":   func(p *plot) string { p.rename("^D", "in/D"); return "in/D" },
		"renamed":    func(p *plot) string { p.rename("in/E", "in/D"); return "in/D" },
		"moved down": func(p *plot) string { p.rename("in/E", "in/sub/D"); return "in/sub/D" },
		"moved in and written to": func(p *plot) string {
			p.rename("^D", "in/D")
			p.write("in/D/new", "1")
			return "in/D"
		},
		"replaced by another of the same name": func(p *plot) string {
			p.remove("in/E")
			p.rename("^D", "in/E")
			return "in/E"
		},
		"moved into a new folder": func(p *plot) string {
			p.mkdir("in/new")
			p.rename("^D", "in/new/D")
			return "in/new/D"
		},
		"parent's time put back": func(p *plot) string {
			p.rename("^D", "in/D")
			p.backdate("in")
			return "in/D"
		},
		"its own time put back": func(p *plot) string {
			p.rename("^D", "in/D")
			p.backdate("in/D")
			return "in/D"
		},
		"swapped":                  func(p *plot) string { p.exchange("in/E", "^D"); return "in/E" },
		"swapped with a neighbour": func(p *plot) string { p.exchange("in/E", "in/sub"); return "in/E" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they wait for clocks most of the time
			onEach(t, func(t *testing.T, p *plot) { wantTree(t, p, move) })
		})
	}
}

func wantTree(t *testing.T, p *plot, move func(p *plot) string) {
	t.Helper()
	p.write("^D/sub/old", "1")
	p.write("in/E/sub/older", "1")
	p.mkdir("in/sub")
	since := p.now()
	path := move(p)
	if p.ctime(path).Before(since) {
		t.Skip("this file system leaves no trace of it, see the package's doc")
	}
	all, _ := p.walk(Options{Since: since})
	for _, c := range all {
		if c.Scope == change.Tree && change.Within(path, c.Path) {
			return
		}
	}
	t.Errorf("%s is not among the trees of %v", path, all)
}

func TestNewFolderIsNoTreeWhereBirthIsKnown(t *testing.T) {
	onEach(t, func(t *testing.T, p *plot) {
		p.mkdir("quiet")
		since := p.now()
		p.write("new/file", "1")
		want := []string{"listing .", "listing new", "entry! new/file"}
		if all, _ := p.walk(Options{Since: since}); all[1].Scope == change.Tree {
			want = []string{"listing .", "tree new", "entry! new/file"} // no birth times here
		}
		if diff := cmp.Diff(want, p.found(Options{Since: since})); diff != "" {
			t.Error(diff)
		}
	})
}

// What was moved in is left to rsync's quick check; that misses an edit of the
// same size whose time was put back, so what changed inside comes besides.
func TestInATreeOnlyChangedFilesAreYielded(t *testing.T) {
	p := newPlot(t)
	p.write("^D/sub/old", "1")
	p.write("^D/sub/edited", "1")
	since := p.now()
	p.rename("^D", "D")
	p.write("D/sub/edited", "2")
	if diff := cmp.Diff([]string{"listing .", "tree D", "entry! D/sub/edited"}, p.found(Options{Since: since})); diff != "" {
		t.Error(diff)
	}
	if _, stats := p.walk(Options{Since: since}); stats.Folders != 3 || stats.Entries != 5 {
		t.Errorf("counted %d folders, %d entries, want 3 and 5", stats.Folders, stats.Entries)
	}
}

// TestTreeIsFoundAgainFromItsSince: a checkpoint may move up to the Since of a
// change that is owed, and a crash must then not lose it.
func TestTreeIsFoundAgainFromItsSince(t *testing.T) {
	p := newPlot(t)
	p.write("^D/old", "1")
	since := p.now()
	p.rename("^D", "D")
	p.now()
	p.write("D/new", "1") // D is now younger than its move
	all, _ := p.walk(Options{Since: since})
	want := []string{"listing .", "tree D", "entry! D/new"}
	if diff := cmp.Diff(want, p.found(Options{Since: all[1].Since})); diff != "" {
		t.Error(diff)
	}
}

func TestMarginFindsWhatIsALittleOlder(t *testing.T) {
	p := newPlot(t)
	p.write("file", "1")
	since := p.ctime("file").Add(time.Second)
	if got := p.found(Options{Since: since}); len(got) > 0 {
		t.Errorf("without a margin got %q, want nothing", got)
	}
	want := []string{"listing .", "entry! file"}
	if diff := cmp.Diff(want, p.found(Options{Since: since, Margin: defaultMargin})); diff != "" {
		t.Error(diff)
	}
}

func TestSameMomentCountsAsChanged(t *testing.T) {
	p := newPlot(t)
	p.write("dir/file", "1")
	for _, path := range []string{"dir", "dir/file"} {
		all, _ := p.walk(Options{Since: p.ctime(path).Add(exact)})
		if !slices.ContainsFunc(all, func(c change.Change) bool { return c.Path == path }) {
			t.Errorf("got %v, want %s among them", all, path)
		}
	}
}

func TestSinceIsNeverLaterThanTheWalk(t *testing.T) {
	own := stamp{changed: time.Now().Add(time.Hour)}
	m := newMoment(Options{Since: time.Now(), Margin: exact}, time.Now())
	if c := m.file("f", own); c.Since.After(m.began) {
		t.Errorf("a stamp from the future is owed since %v, want %v", c.Since, m.began)
	}
}

func TestWithoutAMomentItOnlyCounts(t *testing.T) {
	p := newPlot(t)
	p.write("a/b/file", "1")
	p.write("skip/file", "1")
	all, stats := p.walk(Options{Excluded: func(path string, _ bool) bool { return path == "skip" }})
	if len(all) > 0 || stats.Folders != 3 || stats.Entries != 4 {
		t.Errorf("got %v and %+v, want nothing, 3 folders, 4 entries", all, stats)
	}
}
