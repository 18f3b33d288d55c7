package watch

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/syncsvc/syncsvc/change"
)

func newTestDigest(t *testing.T, on Events) *digest {
	s := &site{real: t.TempDir(), polls: newPolls(time.Minute), mounts: &mounts{}}
	return newDigest(s, on, DefaultQuiet, DefaultAtMost)
}

func tells(t *testing.T, d *digest, want ...change.Change) {
	t.Helper()
	got := d.take()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(change.Change{}, "Since")); diff != "" {
		t.Errorf("told of (-want +got):\n%s", diff)
	}
}

func TestRenamedTwiceHasItsFirstOrigin(t *testing.T) {
	d := newTestDigest(t, AllEvents())
	d.renamed("a", "b", change.Entry, at(0))
	d.renamed("b", "c", change.Entry, at(0))
	tells(t, d,
		change.Change{Path: "b", Was: "a"}, change.Change{Path: "a", Quick: true},
		change.Change{Path: "c", Was: "a"}, change.Change{Path: "b", Quick: true})
}

func TestSwappedNamesHaveNoOrigin(t *testing.T) {
	d := newTestDigest(t, AllEvents())
	d.renamed("a", "b", change.Tree, at(0))
	d.renamed("b", "a", change.Tree, at(0))
	tells(t, d,
		change.Change{Path: "b", Scope: change.Tree}, change.Change{Path: "a", Scope: change.Tree, Quick: true},
		change.Change{Path: "a", Scope: change.Tree}, change.Change{Path: "b", Scope: change.Tree, Quick: true})
}

// TestOpenFileMovesWithItsFolder: it was written to and not closed, so its time
// to be told of comes when it is called something else.
func TestOpenFileMovesWithItsFolder(t *testing.T) {
	d := newTestDigest(t, AllEvents())
	d.modified("a/f", at(0))
	d.modified("ab", at(0))
	d.renamed("a", "b", change.Tree, at(0))
	d.flush()
	tells(t, d,
		change.Change{Path: "b", Scope: change.Tree, Was: "a"}, change.Change{Path: "a", Scope: change.Tree, Quick: true},
		change.Change{Path: "b/f"}, change.Change{Path: "ab"})
}

// TestRenamedTwiceIsInDoubtSinceTheFirst: what was sent under its first name
// after that may be of another folder.
func TestRenamedTwiceIsInDoubtSinceTheFirst(t *testing.T) {
	d := newTestDigest(t, AllEvents())
	d.renamed("a", "b", change.Tree, at(1))
	d.renamed("b", "c", change.Tree, at(2))
	for _, c := range d.take() {
		if c.Path == "c" && !c.Since.Equal(at(1)) {
			t.Errorf("since %v", c.Since)
		}
	}
}

func TestFileThatCameAndWentIsToldOf(t *testing.T) {
	d := newTestDigest(t, AllEvents())
	d.created("tmp", at(0))
	d.modified("tmp", at(0))
	d.deleted("tmp", at(0))
	tells(t, d, change.Change{Path: "tmp"})
	d.created("tmp", at(0))
	d.renamed("tmp", "final", change.Entry, at(0))
	tells(t, d, change.Change{Path: "final", Was: "tmp"}, change.Change{Path: "tmp", Quick: true})
}

func TestAttributesAreQuickUnlessTheContentIsInDoubt(t *testing.T) {
	d := newTestDigest(t, AllEvents())
	d.attrib("a", at(0))
	tells(t, d, change.Change{Path: "a", Quick: true})
	d.created("new", at(0))
	d.attrib("new", at(0))
	tells(t, d)
	d.closed("new", at(0))
	tells(t, d, change.Change{Path: "new"})
}

func TestSinceOfAClosedFileIsItsFirstWrite(t *testing.T) {
	d := newTestDigest(t, AllEvents())
	d.modified("a", at(0))
	d.closed("a", at(500))
	if got := d.take(); len(got) != 1 || !got[0].Since.Equal(at(0)) {
		t.Errorf("told of %v, want one since %v", got, at(0))
	}
}

func TestEventsThatAreOffAreNotToldOf(t *testing.T) {
	all := func(d *digest) {
		d.created("c", at(0))
		d.folder("cd", at(0))
		d.modified("m", at(0))
		d.closed("w", at(0))
		d.attrib("t", at(0))
		d.deleted("d", at(0))
		d.left("f", change.Entry, at(0))
		d.arrived("to", change.Entry, at(0))
		d.renamed("r", "r2", change.Entry, at(0))
		d.fresh = nil // what is on disk does not matter here
		d.flush()
	}
	for name, test := range map[string]struct {
		on   Events
		want []string
	}{
		"create_file":   {Events{CreateFile: true}, []string{"c"}},
		"create_folder": {Events{CreateFolder: true}, []string{"cd"}},
		"close_write":   {Events{CloseWrite: true}, []string{"w"}},
		"modify":        {Events{Modify: true}, []string{"m"}},
		"attrib":        {Events{Attrib: true}, []string{"t"}},
		"delete":        {Events{Delete: true}, []string{"d"}},
		"move_from":     {Events{MoveFrom: true}, []string{"f", "r"}},
		"move_to":       {Events{MoveTo: true}, []string{"to", "r2"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newTestDigest(t, test.on)
			all(d)
			var got []string
			for _, c := range d.take() {
				got = append(got, c.Path)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("told of (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNamelessFilesAreRecognized(t *testing.T) {
	for path, want := range map[string]bool{
		"#1": true, "a/b/#123": true, "#": false, "#1#": false, "a#1": false, "#1/a": false, "#x": false,
	} {
		if got := isTmpName(path); got != want {
			t.Errorf("isTmpName(%q) = %v", path, got)
		}
	}
}
