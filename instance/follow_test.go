package instance

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/syncsvc/syncsvc/change"
)

// TestPathBehindAFileIsAnsweredByTheFile: rsync complains of a path that leads
// through a file instead of deleting it, and would do so for ever.
func TestPathBehindAFileIsAnsweredByTheFile(t *testing.T) {
	d := newDesk(t)
	d.disk["a/b/c"] = sight{kind: gone, inWay: "a"}
	d.put(file, 1, "a")
	d.l.add(change.Change{Path: "a/b/c"})
	wantPaths(t, d.mustPick(), "a")
}

// TestWhatLiesBehindALinkIsGone: nothing beneath a link belongs to the tree.
func TestWhatLiesBehindALinkIsGone(t *testing.T) {
	dir := t.TempDir()
	for _, err := range []error{
		os.MkdirAll(filepath.Join(dir, "real/sub"), 0o755),
		os.Symlink("real", filepath.Join(dir, "link")),
		os.WriteFile(filepath.Join(dir, "file"), nil, 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for path, want := range map[string]sight{
		".":            {kind: folder},
		"real/sub":     {kind: folder},
		"real/none/at": {kind: gone},
		"link":         {kind: special},
		"link/sub":     {kind: gone, inWay: "link"},
		"file/a/b":     {kind: gone, inWay: "file"},
	} {
		if got := look(int(root.Fd()), path); got != want {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
}

// TestRenamesDoNotMultiplyWhatIsOwed: each of them owes what is beneath under
// one more name.
func TestRenamesDoNotMultiplyWhatIsOwed(t *testing.T) {
	d := newDesk(t)
	for i := range maxFollowed * 2 {
		d.l.add(change.Change{Path: fmt.Sprintf("a/f%d", i)})
	}
	for i := range 50 {
		names := []string{"a", "b/a", "c/b"}
		from, to := names[i%3], names[(i+1)%3]
		d.l.add(change.Change{Path: to, Scope: change.Tree, Was: from})
	}
	if all, _ := d.l.owedLen(); all > maxFollowed*10 {
		t.Errorf("%d paths owed for %d files", all, maxFollowed*2)
	}
}

// TestDoubtAboutMoreThanAFolderFollowsIt: what was to be looked at with the
// folder above must be looked at where it is now.
func TestDoubtAboutMoreThanAFolderFollowsIt(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "a", "new")
	d.l.add(change.Change{Path: "a", Scope: change.Tree})
	d.l.add(change.Change{Path: "new", Scope: change.Tree, Was: "a/b"})
	j := d.mustPick()
	if j.shape != rename {
		t.Fatalf("first a %v job", j.shape)
	}
	d.l.settle(j, outcome{folders: []string{"new"}}, d.now)
	wantPaths(t, d.mustPick(), ".") // its time
	wantPaths(t, d.mustPick(), "a", "new")
}

// TestFailureOfAFolderThatIsNoneAnyMore: it stayed on the fail list, because
// only a folder could have answered it.
func TestFailureOfAFolderThatIsNoneAnyMore(t *testing.T) {
	d := newDesk(t)
	d.l.failing.note(change.Change{Path: "a", Scope: change.Tree}, "reason", d.now)
	d.l.failing.note(change.Change{Path: "a/b"}, "reason", d.now)
	d.put(file, 1, "a")
	d.l.add(change.Change{Path: "a"})
	d.done(d.mustPick())
	if n := len(d.l.failing.paths); n > 0 {
		t.Errorf("%d paths still fail", n)
	}
}

// TestFolderThatWasAFileForAMoment: the old folder was moved away, so nobody
// tells of what was in it, and the target may still have that.
func TestFolderThatWasAFileForAMoment(t *testing.T) {
	d := newDesk(t)
	d.put(file, 1, "d")
	d.l.add(change.Change{Path: "d", Scope: change.Tree, Quick: true})
	j := d.mustPick()
	wantPaths(t, j, "d")
	d.put(folder, 0, "d")
	d.l.settle(j, outcome{vanished: []string{"d"}}, d.now)
	if j = d.mustPick(); j.shape != tree {
		t.Errorf("a %v job, want a tree", j.shape)
	}
	d.done(j)
	d.put(file, 1, "d")
	d.l.add(change.Change{Path: "d", Scope: change.Tree, Quick: true})
	d.done(d.mustPick())
	if n := d.l.narrowed.Len(); n > 0 {
		t.Errorf("%d paths are still remembered", n)
	}
}

// TestFolderThatWasAFileOnlyWhenTheJobWasPlanned: a look at the disk says what
// to ask rsync for; what rsync found is another matter.
func TestFolderThatWasAFileOnlyWhenTheJobWasPlanned(t *testing.T) {
	d := newDesk(t)
	d.put(file, 1, "d")
	d.l.add(change.Change{Path: "d"})
	j := d.mustPick()
	d.l.add(change.Change{Path: "d", Scope: change.Tree, Quick: true})
	if j := d.pick(); j != nil {
		t.Fatalf("a second job, of %q", paths(j))
	}
	d.put(folder, 0, "d")
	d.l.settle(j, outcome{turned: []string{"d"}}, d.now)
	if j = d.mustPick(); j.shape != tree {
		t.Errorf("a %v job, want a tree", j.shape)
	}
}

// TestFailureFollowsARename: the target still has the old contents, and the
// rename would carry them over.
func TestFailureFollowsARename(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "new")
	d.put(file, 10, "new/f", "new/g")
	d.l.failing.note(change.Change{Path: "old/f"}, "reason", d.now)
	d.l.groups = append(d.l.groups, newJob(flat, fast, []change.Change{{Path: "old/g"}}))
	d.l.add(change.Change{Path: "new", Scope: change.Tree, Was: "old"})
	if !d.l.owed.Holds("new/f") || !d.l.owed.Holds("new/g") {
		t.Error("not everything is owed under the new name")
	}
}
