package scan

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/syncsvc/syncsvc/change"
)

// TestPushingWhatIsFoundMakesTreesAlike changes a tree at random and has a
// target in memory follow nothing but what the scan yields.
func TestPushingWhatIsFoundMakesTreesAlike(t *testing.T) {
	onEach(t, func(t *testing.T, p *plot) {
		if strings.Contains(t.Name(), "without_btime") {
			t.Skip("its clock ticks once a second, too slow for many rounds")
		}
		base := filepath.Dir(p.root)
		rapid.Check(t, func(r *rapid.T) {
			dir, err := os.MkdirTemp(base, "round")
			if err != nil {
				r.Fatal(err)
			}
			defer os.RemoveAll(dir)
			oneRound(r, newPlotIn(r, dir))
		})
	})
}

func oneRound(r *rapid.T, p *plot) {
	g := gardener{r: r, plot: p}
	g.plant()
	target := mirrorOf(p)
	since := p.now()
	for range rapid.IntRange(1, 12).Draw(r, "changes") {
		g.change()
	}
	source := mirrorOf(p)
	all, _ := p.walk(Options{Since: since})
	for _, c := range all {
		target.push(source, c)
	}
	if diff := cmp.Diff(source, target); diff != "" {
		r.Fatalf("source and target differ after pushing %v:\n%s", all, diff)
	}
	foundAgain(r, p, all)
}

// foundAgain: a checkpoint may move up to the Since of any change that is
// still owed; a scan from there must find that change.
func foundAgain(r *rapid.T, p *plot, all []change.Change) {
	for _, c := range all {
		again, _ := p.walk(Options{Since: c.Since})
		if !slices.ContainsFunc(again, func(a change.Change) bool {
			return a.Path == c.Path && a.Scope >= c.Scope || a.Scope == change.Tree && change.Within(c.Path, a.Path)
		}) {
			r.Fatalf("a scan since %v does not find %v but %v", c.Since, c, again)
		}
	}
}

// gardener makes random changes that rename, replace and put times back more
// often than people do.
type gardener struct {
	r *rapid.T
	*plot
	made int
}

// plant makes the first tree and, outside, folders with old contents.
func (g *gardener) plant() {
	for _, dir := range []string{"a", "a/b", "a/b/c", "d", "d/e", "f"} {
		for i := range rapid.IntRange(0, 2).Draw(g.r, "files") {
			g.write(fmt.Sprintf("%s/%d", dir, i), g.text())
		}
		g.mkdir(dir)
	}
	for i := range 4 {
		g.write(fmt.Sprintf("^old%d/a", i), g.text())
		g.write(fmt.Sprintf("^old%d/sub/b", i), g.text())
	}
}

// text is short, so that sizes are often equal.
func (g *gardener) text() string {
	return rapid.StringOfN(rapid.RuneFrom([]rune("xyz")), 1, 2, 2).Draw(g.r, "text")
}

// fresh returns a name nothing has had before.
func (g *gardener) fresh() string { g.made++; return fmt.Sprintf("new%d", g.made) }

// pick returns an existing path in the tree, or false when there is none.
func (g *gardener) pick(dir bool) (string, bool) {
	var fit []string
	for path, n := range mirrorOf(g.plot) {
		if n.folder() == dir && (path != change.Root || dir) {
			fit = append(fit, path)
		}
	}
	if len(fit) == 0 {
		return "", false
	}
	slices.Sort(fit)
	return rapid.SampledFrom(fit).Draw(g.r, "path"), true
}

// place returns a name, old or new, in some folder.
func (g *gardener) place() string {
	dir, _ := g.pick(true)
	if rapid.Bool().Draw(g.r, "taken name") {
		return filepath.Join(dir, rapid.SampledFrom([]string{"0", "1", "a", "b", "sub"}).Draw(g.r, "name"))
	}
	return filepath.Join(dir, g.fresh())
}

func (g *gardener) change() {
	tools := map[string]func(){
		"write":       g.writeSome,
		"rewrite":     g.rewriteSome,
		"chmod":       g.chmodSome,
		"remove":      g.removeSome,
		"make folder": func() { g.clear(g.place(), func(to string) { g.mkdir(to) }) },
		"link":        func() { g.clear(g.place(), func(to string) { g.must(os.Symlink(g.text(), g.at(to))) }) },
		"hard link":   g.hardLink,
		"move":        g.moveSome,
		"move in":     g.moveIn,
		"move out":    g.moveOut,
		"exchange":    g.exchangeSome,
		"set back":    g.setBack,
	}
	tools[rapid.SampledFrom(slices.Sorted(maps.Keys(tools))).Draw(g.r, "tool")]()
	if rapid.Bool().Draw(g.r, "tick") {
		g.now()
	}
}

// clear removes what is at a path and then does something there.
func (g *gardener) clear(path string, do func(string)) {
	g.remove(path)
	do(path)
}

func (g *gardener) writeSome() {
	g.clear(g.place(), func(to string) { g.write(to, g.text()) })
}

func (g *gardener) rewriteSome() {
	if file, ok := g.pick(false); ok {
		if info, err := os.Stat(g.at(file)); err == nil && info.Mode().IsRegular() {
			g.rewrite(file, g.text())
		}
	}
}

func (g *gardener) chmodSome() {
	path, _ := g.pick(true)
	g.must(os.Chmod(g.at(path), rapid.SampledFrom([]os.FileMode{0o700, 0o750, 0o755}).Draw(g.r, "mode")))
}

func (g *gardener) removeSome() {
	if path, ok := g.pick(rapid.Bool().Draw(g.r, "folder")); ok && path != change.Root {
		g.remove(path)
	}
}

func (g *gardener) hardLink() {
	if file, ok := g.pick(false); ok {
		dir, _ := g.pick(true)
		g.must(os.Link(g.at(file), g.at(filepath.Join(dir, g.fresh()))))
	}
}

func (g *gardener) moveSome() {
	from, ok := g.pick(rapid.Bool().Draw(g.r, "folder"))
	to := g.place()
	if ok && from != change.Root && !change.Within(to, from) && !change.Within(from, to) {
		g.clear(to, func(to string) { g.rename(from, to) })
	}
}

func (g *gardener) moveIn() {
	if old, _ := filepath.Glob(g.at("^old*")); len(old) > 0 {
		g.clear(g.place(), func(to string) { g.rename("^"+filepath.Base(old[0]), to) })
	}
}

func (g *gardener) moveOut() {
	if path, ok := g.pick(true); ok && path != change.Root {
		g.rename(path, "^old9"+g.fresh())
	}
}

func (g *gardener) exchangeSome() {
	a, _ := g.pick(true)
	b, _ := g.pick(true)
	if change.Within(a, b) || change.Within(b, a) {
		return
	}
	before := g.ctime(a)
	if g.exchange(a, b); g.ctime(b).Equal(before) {
		g.exchange(a, b) // xfs leaves no trace of it, see the package's doc
	}
}

func (g *gardener) setBack() {
	if dir, ok := g.pick(true); ok {
		old := time.Unix(1_000_000_000, 0)
		g.must(os.Chtimes(g.at(dir), old, old))
	}
}
