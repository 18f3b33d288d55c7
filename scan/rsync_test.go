package scan

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/compare"
)

// TestRsyncOfWhatIsFoundMakesTreesAlike has the real rsync push the changes of
// many seeds' worth of random work, and reads both trees in full afterwards.
func TestRsyncOfWhatIsFoundMakesTreesAlike(t *testing.T) {
	rounds := 5
	if os.Getenv("SYNCSVC_LONG") != "" {
		rounds = 40
	}
	for seed := range rounds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			p := newPlot(t)
			target := t.TempDir()
			v := vandal{rand.New(rand.NewPCG(1, uint64(seed))), p}
			v.plant()
			rsync(t, nil, "-a", "--delete", p.root+"/", target)
			since := p.now()
			v.disturb()
			all, stats := p.walk(Options{Since: since})
			t.Logf("%d of %d entries found", len(all), stats.Entries)
			pushAll(t, all, p.root, target)
			alike(t, p.root, target)
		})
	}
}

func alike(t *testing.T, source, target string) {
	t.Helper()
	found, _, err := compare.Trees(source, target, compare.Options{Contents: true, Owners: true, Times: true, DirTimes: true})
	must(t, err)
	for _, d := range found {
		t.Error(d)
	}
}

// pushAll sends changes in the two shapes of job there are, and those that may
// not trust the quick check apart.
func pushAll(t *testing.T, all []change.Change, source, target string) {
	t.Helper()
	var entries, listings, trees bytes.Buffer
	for _, c := range all {
		switch c.Scope {
		case change.Entry:
			fmt.Fprintf(&entries, "%s\x00", c.Path)
		case change.Listing:
			fmt.Fprintf(&listings, "%s/\x00", c.Path)
		case change.Tree:
			fmt.Fprintf(&trees, "%s/\x00", c.Path)
		}
	}
	common := []string{"-a", "--delete", "--force", "--delete-missing-args", "--from0", "--files-from=-"}
	flat := append([]string{"--no-recursive", "--dirs"}, common...)
	rsync(t, &trees, append(append(common, "--recursive", "-I"), source+"/", target)...)
	rsync(t, &listings, append(flat, source+"/", target)...)
	rsync(t, &entries, append(flat, "-I", source+"/", target)...)
}

func rsync(t *testing.T, list *bytes.Buffer, args ...string) {
	t.Helper()
	if list != nil && list.Len() == 0 {
		return
	}
	cmd := exec.Command("rsync", args...)
	if list != nil {
		cmd.Stdin = list
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("rsync %q: %v: %s", args, err, out)
	}
}

// vandal does a lot of random work in a tree, the same for the same seed.
type vandal struct {
	*rand.Rand
	*plot
}

func (v vandal) plant() {
	for i := range 300 {
		v.write(fmt.Sprintf("%s/file%d", v.dir(), i), v.text())
	}
	for i := range 10 {
		v.write(fmt.Sprintf("^old%d/sub/file", i), v.text())
		v.write(fmt.Sprintf("^old%d/file", i), v.text())
	}
}

func (v vandal) dir() string { return fmt.Sprintf("a%d/b%d/c%d", v.IntN(3), v.IntN(4), v.IntN(4)) }

func (v vandal) text() string { return fmt.Sprint(10 + v.IntN(90)) }

// disturb changes about a tenth of the tree.
func (v vandal) disturb() {
	for i := range 40 {
		file := v.file()
		switch v.IntN(9) {
		case 0:
			v.rewrite(file, v.text())
		case 1:
			v.remove(file)
		case 2:
			v.remove(v.any("a*/b*/c*"))
		case 3:
			v.must(os.Chmod(v.at(file), 0o600))
		case 4:
			v.write(fmt.Sprintf("%s/new%d", v.dir(), i), v.text())
		case 5:
			v.rename(v.any("a*/b*/c*"), fmt.Sprintf("%s/moved%d", filepath.Dir(v.any("a*/b*/c*")), i))
		case 6:
			v.remove(file)
			v.rename(fmt.Sprintf("^old%d", v.old()), file)
		case 7:
			v.must(os.Symlink("nowhere", v.at(fmt.Sprintf("%s/link%d", v.any("a*"), i))))
		case 8:
			v.backdate(v.any("a*/b*"))
		}
	}
}

// any returns a path that matches a pattern.
func (v vandal) any(pattern string) string {
	v.t.Helper()
	found, err := filepath.Glob(v.at(pattern))
	v.must(err)
	rel, err := filepath.Rel(v.root, found[v.IntN(len(found))])
	v.must(err)
	return rel
}

// file returns a regular file: some have become folders.
func (v vandal) file() string {
	for {
		path := v.any("a*/b*/c*/file*")
		if info, err := os.Lstat(v.at(path)); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
}

// old returns the number of a folder that is still outside, or of a new one.
func (v vandal) old() int {
	for i := range 10 {
		if _, err := os.Stat(v.at(fmt.Sprintf("^old%d", i))); err == nil {
			return i
		}
	}
	v.write("^old10/file", v.text())
	return 10
}
