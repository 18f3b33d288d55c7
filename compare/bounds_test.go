package compare

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExcludedIsLeftOutOnBothSides(t *testing.T) {
	tr := newTrees(t)
	tr.must(os.WriteFile(tr.on("dir/extra"), nil, 0o644))
	tr.must(os.WriteFile(filepath.Join(tr.source, "missing"), nil, 0o644))
	o := Options{Excluded: func(path string, dir bool) bool {
		if path == "dir/one" {
			t.Error("asked about what lies in an excluded folder")
		}
		return path == "dir" && dir || path == "missing" && !dir
	}}
	if got := tr.differences(o); len(got) > 0 {
		t.Errorf("got %q, want none", got)
	}
}

func TestSpareThingsMayBeOnTheTargetOnly(t *testing.T) {
	tr := newTrees(t)
	for _, root := range []string{tr.source, tr.target} {
		tr.must(os.Mkdir(filepath.Join(root, ".partial"), 0o755))
	}
	tr.must(os.WriteFile(tr.on(".partial/extra"), nil, 0o644))
	tr.must(os.WriteFile(tr.on(".temp"), nil, 0o644))
	tr.must(os.Remove(tr.on("file")))
	o := Options{Spare: func(path string, dir bool) bool { return path == ".temp" && !dir || path == "file" }}
	want := []string{".partial/extra: extra on target", "file: missing on target"}
	if diff := cmp.Diff(want, tr.differences(o)); diff != "" {
		t.Error(diff)
	}
}

func TestCountAndBoundedList(t *testing.T) {
	tr := newTrees(t)
	for i := range 20 {
		tr.must(os.WriteFile(tr.on(fmt.Sprintf("extra%02d", i)), nil, 0o644))
	}
	tr.must(os.RemoveAll(filepath.Join(tr.source, "device")))
	tr.remove("device")
	tr.remove("dir/one")
	found, count, err := Trees(tr.source, tr.target, Options{Max: 3})
	tr.must(err)
	want := Count{Folders: 3, Files: 3, Links: 1, Others: 1, Bytes: 12, Differences: 21}
	if diff := cmp.Diff(want, count); diff != "" {
		t.Error(diff)
	}
	if len(found) != 3 || found[1].String() != `"extra00": extra on target` {
		t.Errorf("got %v, want the first three", found)
	}
}

func TestMissingTreeIsAnErrorAndNotADifference(t *testing.T) {
	tr := newTrees(t)
	for _, roots := range [][2]string{{tr.on("gone"), tr.target}, {tr.source, tr.on("gone")}, {tr.source, tr.on("file")}} {
		if found, _, err := Trees(roots[0], roots[1], Options{}); err == nil {
			t.Errorf("%v: got %v and no error", roots, found)
		}
	}
}

// TestWhatGoesAwayMeanwhile removes things between the moment they are listed
// and the moment they are read.
func TestWhatGoesAwayMeanwhile(t *testing.T) {
	for _, path := range []string{"file", "dir"} {
		tr := newTrees(t)
		o := Options{Contents: true, Excluded: func(p string, _ bool) bool {
			if p == path {
				tr.must(os.RemoveAll(filepath.Join(tr.source, path)))
			}
			return false
		}}
		want := []string{path + ": changed while it was compared"}
		if diff := cmp.Diff(want, tr.differences(o)); diff != "" {
			t.Error(diff)
		}
	}
}

// TestContentsAcrossBuffers puts the difference at and around the end of what
// is read at once, in a file that is mostly a hole.
func TestContentsAcrossBuffers(t *testing.T) {
	for _, at := range []int64{0, bufferSize - 1, bufferSize, 3*bufferSize + 5, 64<<20 - 1} {
		tr := newTrees(t)
		for _, root := range []string{tr.source, tr.target} {
			tr.must(os.Truncate(filepath.Join(root, "file"), 64<<20))
		}
		f, err := os.OpenFile(tr.on("file"), os.O_WRONLY, 0)
		tr.must(err)
		_, err = f.WriteAt([]byte("x"), at)
		tr.must(err)
		tr.must(f.Close())
		want := []string{fmt.Sprintf("file: content at byte %d", at)}
		if diff := cmp.Diff(want, tr.differences(Options{Contents: true})); diff != "" {
			t.Error(diff)
		}
	}
}

func TestOrderIsThatOfBytesAndFoldersComeFirst(t *testing.T) {
	tr := newTrees(t)
	for _, name := range []string{"dir/z", "dir.a", "dir-a", "dir0", "\xff", "dir/sub/a"} {
		tr.must(os.WriteFile(tr.on(name), nil, 0o644))
	}
	tr.must(os.Chmod(tr.on("dir"), 0o700))
	got := tr.differences(Options{})
	want := []string{
		"dir: mode 0755/0700",
		"dir/sub/a: extra on target",
		"dir/z: extra on target",
		"dir-a: extra on target",
		"dir.a: extra on target",
		"dir0: extra on target",
		"\xff: extra on target",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestPathsLongerThanTheKernelTakes compares trees that are deeper than any
// path can say.
func TestPathsLongerThanTheKernelTakes(t *testing.T) {
	tr := newTrees(t)
	name := strings.Repeat("n", 200)
	for side, root := range []string{tr.source, tr.target} {
		dir, err := os.OpenRoot(root)
		tr.must(err)
		for range 30 {
			tr.must(dir.Mkdir(name, 0o755))
			next, err := dir.OpenRoot(name)
			tr.must(err)
			tr.must(dir.Close())
			dir = next
		}
		tr.must(dir.WriteFile("file", []byte{byte('0' + side)}, 0o644))
		tr.must(dir.Close())
	}
	got := tr.differences(Options{Contents: true, Xattrs: true})
	if len(got) != 1 || !strings.HasSuffix(got[0], "/file: content at byte 0") || len(got[0]) < 6000 {
		t.Errorf("got %d differences, want one at the bottom", len(got))
	}
}
