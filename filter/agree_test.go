package filter

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// rounds is how many random trees a differential test tries, and how many rule
// lists on each.
func rounds() (trees, lists int) {
	if os.Getenv("SYNCSVC_LONG") == "" {
		return 5, 16
	}
	return 60, 50
}

// atOnce is how many cases run side by side. rsync sleeps 20 ms before it ends,
// so this is more than the machine has processors.
const atOnce = 8

// sideBySide calls do with 0 to n-1 and waits for all.
func sideBySide(n int, do func(i int)) {
	var group sync.WaitGroup
	free := make(chan struct{}, atOnce) // at most so many at a time
	for i := range n {
		free <- struct{}{}
		group.Go(func() {
			defer func() { <-free }()
			do(i)
		})
	}
	group.Wait()
}

// eachCase runs check on random trees and rules, several at once: check must not
// call t.Fatal. A failure names tree and list, with which it can be repeated.
func eachCase(t *testing.T, check func(c *testCase)) {
	trees, lists := rounds()
	for n := range uint64(trees) {
		all := newDice(n, 0).tree()
		top := all.make(t)
		sideBySide(lists, func(list int) {
			check(newCase(t, n, uint64(list)+1, all, top))
		})
		if t.Failed() {
			return
		}
	}
}

// testCase is a random list of rules for a random tree.
type testCase struct {
	*testing.T
	dice
	seed  string
	all   tree
	top   string // where all is on disk
	rules []Rule
	*Filter
}

func newCase(t *testing.T, n, list uint64, all tree, top string) *testCase {
	d := newDice(n, list)
	c := &testCase{t, d, fmt.Sprintf("tree %d list %d", n, list), all, top, d.rules(all), nil}
	var err error
	if c.Filter, err = Parse(c.rules, nil); err != nil {
		t.Error(err)
	}
	return c
}

// same complains when rsync's answer is not ours.
func (c *testCase) same(rsyncs run, theirs, ours []string) {
	c.Helper()
	if rsyncs.exit != 0 {
		c.Errorf("%s, rules %q: rsync exit %d\n%s", c.seed, asWritten(c.rules), rsyncs.exit, rsyncs.text)
	}
	if diff := cmp.Diff(theirs, ours, cmpopts.EquateEmpty()); diff != "" {
		c.Errorf("%s, rules %q\nrsync -, ours +:\n%s\n%s", c.seed, asWritten(c.rules), diff, rsyncs.text)
	}
}

// asWritten returns the rules as arguments without going through Parse.
func asWritten(rules []Rule) []string {
	var args []string
	for _, r := range rules {
		args = append(args, "--"+r.Kind.String()+"="+r.Text)
	}
	return args
}

func included(tr tree, excluded func(string, bool) bool) []string {
	var names []string
	for path, dir := range tr {
		if !excluded(path, dir) {
			names = append(names, shown(path, dir))
		}
	}
	slices.Sort(names)
	return names
}

// shown is how rsync prints a name.
func shown(path string, dir bool) string {
	if dir {
		return path + "/"
	}
	return path
}

func everything(string, bool) bool { return false }

func TestRsyncSendsWhatIsNotExcluded(t *testing.T) {
	empty := t.TempDir()
	eachCase(t, func(c *testCase) {
		ours := included(c.all, c.Excluded)
		for _, how := range [][]string{asWritten(c.rules), c.Args()} {
			r := rsync(c, c.top, empty, []string{"./"}, append(how, "-n", "-r")...)
			c.same(r, r.sent, ours)
		}
	})
}

func TestWalkerThatSkipsExcludedFoldersFindsTheSame(t *testing.T) {
	eachCase(t, func(c *testCase) {
		var found []string
		var walk func(dir string)
		walk = func(dir string) {
			for _, path := range c.all.within(dir) {
				if !c.ExcludedName(path, c.all[path]) {
					found = append(found, shown(path, c.all[path]))
					walk(path)
				}
			}
		}
		walk(root)
		slices.Sort(found)
		c.same(run{}, included(c.all, c.Excluded), found)
	})
}

func TestListedNamesAreSentUnlessExcludedThemselves(t *testing.T) {
	empty := t.TempDir()
	eachCase(t, func(c *testCase) {
		var names []string
		want := tree{}
		for path, dir := range c.part(c.all) {
			if c.one(2) {
				continue
			}
			names = append(names, "./"+path)
			if c.ExcludedName(path, dir) {
				continue
			}
			want[path] = dir
			for p := parent(path); p != root; p = parent(p) {
				want[p] = true // implied, whatever the rules say
			}
		}
		r := rsync(c, c.top, empty, names, append(c.Args(), "-n", "--dirs", "--no-recursive")...)
		c.same(r, r.sent, included(want, everything))
	})
}

func TestMissingNamesAreDeletedUnlessProtectedAsFiles(t *testing.T) {
	eachCase(t, func(c *testCase) {
		var names, want []string
		folders := tree{} // rsync exits 24 when one above a missing name is gone too
		for path, dir := range c.all {
			if dir {
				folders[path] = true
			}
			if dir || c.one(2) {
				continue
			}
			names = append(names, "./"+path)
			if !c.keeps(path, false, false) {
				want = append(want, path)
			}
		}
		slices.Sort(want)
		r := rsync(c, folders.make(c), c.top, names, append(c.Args(), "-n", "--dirs", "--no-recursive", "--delete", "--force", "--delete-missing-args")...)
		c.same(r, r.deleted, want)
	})
}

// doomed returns what --delete removes from dst, given what the source has.
func doomed(f *Filter, src, dst tree) tree {
	gone := tree{}
	// clear removes what is in dir; one that is removed itself loses perishable
	// protection.
	var clear func(dir string, removed bool)
	clear = func(dir string, removed bool) {
		for _, path := range dst.within(dir) {
			is := dst[path]
			switch {
			case !removed && src.has(path) && !f.Excluded(path, is):
				if is {
					clear(path, false)
				}
			case !f.keeps(path, is, removed):
				gone[path] = is
				clear(path, true)
			}
		}
	}
	clear(root, false)
	return gone
}

func TestDeleteLeavesWhatIsProtected(t *testing.T) {
	eachCase(t, func(c *testCase) {
		part := c.part(c.all)
		args := append(c.Args(), "-n", "-r", "--delete", "--force")
		target := c.top
		if c.one(2) {
			var shell []string
			shell, target = overShell(c, target)
			args = append(args, shell...)
		}
		r := rsync(c, part.make(c), target, []string{"./"}, args...)
		// A dry run says it deletes folders in which something survives.
		isFolder := func(s string) bool { return strings.HasSuffix(s, "/") }
		theirs := slices.DeleteFunc(r.deleted, isFolder)
		c.same(r, theirs, slices.DeleteFunc(included(doomed(c.Filter, part, c.all), everything), isFolder))
	})
}

func TestProtectedForeseesDelete(t *testing.T) {
	eachCase(t, func(c *testCase) {
		folders := tree{}
		var ours []string
		for path, dir := range c.all {
			if dir {
				folders[path] = true
			} else if !c.Protected(path, false) {
				ours = append(ours, path)
			}
		}
		slices.Sort(ours)
		r := rsync(c, folders.make(c), c.top, []string{"./"}, append(c.Args(), "-n", "-r", "--delete", "--force")...)
		theirs := slices.DeleteFunc(r.deleted, func(s string) bool { return strings.HasSuffix(s, "/") })
		c.same(r, theirs, ours)
	})
}

func TestWhatReallyRemainsIsAsForeseen(t *testing.T) {
	eachCase(t, func(c *testCase) {
		if !c.one(4) {
			return
		}
		part := c.part(c.all)
		dst := c.all.make(c)
		if r := rsync(c, part.make(c), dst, []string{"./"}, append(c.Args(), "-r", "--delete", "--force")...); r.exit != 0 {
			c.Errorf("exit %d\n%s", r.exit, r.text)
		}
		left, gone := list(c, dst), doomed(c.Filter, part, c.all)
		for path := range c.all {
			switch kept := gone.has(path) && len(left.within(path)) > 0; {
			case !left.has(path) && !gone.has(path):
				c.Errorf("%s, rules %q: rsync deleted %q", c.seed, asWritten(c.rules), path)
			case left.has(path) && gone.has(path) && !kept:
				c.Errorf("%s, rules %q: rsync left %q", c.seed, asWritten(c.rules), path)
			}
		}
	})
}
