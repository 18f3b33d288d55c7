package instance

import (
	"testing"

	"github.com/syncsvc/syncsvc/change"
)

// TestRenameWhoseWayIsUnsettled: whatever the target still has on the way to the
// new name, rsync would go through it.
func TestRenameWhoseWayIsUnsettled(t *testing.T) {
	into := change.Change{Path: "a/b/new", Scope: change.Tree, Was: "old"}
	for what, c := range map[string]struct {
		change.Change
		want bool
	}{
		"a folder above":                    {change.Change{Path: "a"}, true},
		"the name itself":                   {change.Change{Path: "a/b/new"}, true},
		"a tree around it":                  {change.Change{Path: change.Root, Scope: change.Tree, Quick: true}, true},
		"a part to be scanned":              {change.Change{Path: "a", Scope: change.Scan}, true},
		"another name":                      {change.Change{Path: "a/c"}, false},
		"something in it":                   {change.Change{Path: "a/b/new/f"}, false},
		"the attributes of the root itself": {change.Change{Path: change.Root}, false},
	} {
		d := newDesk(t)
		d.put(folder, 0, "a", "a/b", "a/b/new")
		d.l.add(c.Change)
		d.l.add(into)
		if j := d.mustPick(); j.shape != rename || j.unpaved != c.want {
			t.Errorf("%s: a %v job, unpaved %t, want %t", what, j.shape, j.unpaved, c.want)
		}
	}
}

func TestRenameIntoARenamedFolderComesAfterThat(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "a", "a/b")
	d.l.add(change.Change{Path: "a/b", Scope: change.Tree, Was: "y"})
	d.l.add(change.Change{Path: "a", Scope: change.Tree, Was: "x"})
	first := d.mustPick()
	wantPaths(t, first, "a")
	if j := d.pick(); j != nil {
		t.Errorf("a job of %q meanwhile", paths(j))
	}
	d.done(first)
	wantPaths(t, d.mustPick(), "a/b")
}

// TestLinkInPlaceOfABusyFolderWaits: what is on its way into the folder would be
// put where the link leads.
func TestLinkInPlaceOfABusyFolderWaits(t *testing.T) {
	d := newDesk(t)
	d.put(folder, 0, "a", "a/b")
	d.l.add(change.Change{Path: "a/b", Scope: change.Tree, Was: "y"})
	first := d.mustPick()
	d.put(special, 0, "a")
	d.l.add(change.Change{Path: "a"})
	if j := d.pick(); j != nil {
		t.Errorf("a job of %q meanwhile", paths(j))
	}
	d.done(first)
	wantPaths(t, d.mustPick(), "a")
}
