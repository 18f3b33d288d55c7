package instance_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/syncsvc/syncsvc/compare"
	"github.com/syncsvc/syncsvc/config"
)

// rules leave out some of everything, in every way they can be written.
func rules(m *mirror) []string {
	m.Helper()
	list := filepath.Join(m.dir, "exclude-from")
	m.must(os.WriteFile(list, []byte("*.log\n# a comment\n/only-here\n"), 0o644))
	return []string{
		`include: ["keep.swp"]`, `exclude: ["*.swp", "/cache/", "**/.git/"]`, `filter: ["- *.bak", "+ /tmp/mine/", "- /tmp/*"]`,
		"exclude_from: " + list, `exclude_regex: ['(.*)\.svn', 'v[0-9]+']`,
	}
}

// theirs are names of the target that the rules exclude.
var theirs = []string{"a.swp", "d/b.swp", "cache/x", "d/.git/x", "x.bak", "tmp/other", "z.log", "only-here", "d/.svn/x", "v12/x"}

// sown puts an excluded file beside an included one.
func (m *mirror) sown(in, text string) {
	m.Helper()
	for _, p := range append([]string{"keep.swp", "tmp/mine/x", "d/only-here", "d/cache/x", "v12x", "d/file"}, theirs...) {
		m.put(filepath.Join(in, p), text)
	}
}

// obeys compares what the rules leave, and expects what else the target has to
// be as it was.
func (m *mirror) obeys() {
	m.Helper()
	m.settle()
	module, err := config.LoadModule(m.file)
	m.must(err)
	o := strictly
	o.Excluded, o.DirTimes = module.Filter.ExcludedName, false
	m.alike(o)
	for _, p := range theirs {
		if !m.has(0, p, "theirs") {
			m.Errorf("the target's own %s was touched", p)
		}
	}
}

// TestRulesHoldEverywhere: in the full sync, live, in folders that are moved in,
// in scans and in deletions; what they exclude stays on the target.
func TestRulesHoldEverywhere(t *testing.T) {
	onStages(t, func(t *testing.T, s stage) {
		m := s.newMirror(t)
		m.options = append(m.options, rules(m)...)
		for _, p := range theirs {
			m.mkdir(filepath.Dir(filepath.Join(m.targets[0], p)))
			m.must(os.WriteFile(filepath.Join(m.targets[0], p), []byte("theirs"), 0o644))
		}
		m.mkdir(m.attic("."))
		m.sown(".", "mine")
		m.start()
		m.obeys()
		m.sown(".", "edited")
		m.sown("deep/down", "made")
		m.obeys()
		m.sown("moving", "1")
		m.must(os.Rename(m.src("moving"), m.attic("moving")))
		m.must(os.Rename(m.attic("moving"), m.src("moved")))
		m.obeys()
		m.stop()
		m.sown("while down", "2")
		m.must(os.RemoveAll(m.src("deep")))
		m.start()
		m.obeys()
		for _, p := range theirs {
			m.must(os.RemoveAll(m.src(p)))
		}
		m.must(os.RemoveAll(m.src("moved")))
		m.obeys()
		m.must(os.RemoveAll(m.src("d/file")))
		m.post("/v1/sync", nil)
		m.obeys()
	})
}

// TestRenamesAcrossTheRules: from an excluded name to an included one and back,
// as a file, as a folder, and as one that is in an excluded folder.
func TestRenamesAcrossTheRules(t *testing.T) {
	onStages(t, func(t *testing.T, s stage) {
		m := s.newMirror(t, `exclude: ["*.swp", "/cache/"]`)
		m.put("a.swp", "a")
		m.put("b", "b")
		m.put("dir.swp/x/y", "1")
		m.put("dir.swp/x/z.swp", "2")
		m.put("open/x/y", "3")
		m.put("cache/in", "4")
		m.put("out", "5")
		m.start()
		for _, r := range [][2]string{
			{"a.swp", "a"},
			{"b", "b.swp"},
			{"dir.swp", "dir"},
			{"open", "open.swp"},
			{"cache/in", "in"},
			{"out", "cache/out"},
			{"a", "a.swp"},
			{"b.swp", "b"},
			{"dir", "dir.swp"},
			{"open.swp", "open"},
			{"in", "cache/in"},
			{"cache/out", "out"},
			{"cache", "cached"},
			{"cached", "cache"},
			{"open", "cache/open"},
		} {
			m.must(os.Rename(m.src(r[0]), m.src(r[1])))
			m.settle()
			m.alike(m.ruled())
			if t.Failed() {
				t.Fatalf("after %q became %q", r[0], r[1])
			}
		}
	})
}

// ruled compares what the module's rules leave; nothing else may be there.
func (m *mirror) ruled() compare.Options {
	m.Helper()
	module, err := config.LoadModule(m.file)
	m.must(err)
	o := strictly
	o.Excluded = module.Filter.ExcludedName
	return o
}
