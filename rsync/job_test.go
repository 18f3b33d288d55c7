package rsync

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestEntriesAndListingsGoTogether(t *testing.T) {
	w := newWorld(t)
	w.write("a.txt=1", "dir/b.txt=2", "dir/c.txt=3", "other/d.txt=4")
	w.put("dir/stale=x", "gone=x")
	r := w.run(w.target(), w.flat("a.txt", "dir/", "gone"), Done)
	w.holds("a.txt", "dir/", "dir/b.txt", "dir/c.txt")
	if r.Sent != 3 || r.Deleted != 2 || r.BytesSent == 0 {
		t.Errorf("sent %d, deleted %d, bytes %d, want 3, 2 and some", r.Sent, r.Deleted, r.BytesSent)
	}
}

func TestFlatJobDoesNotRecurse(t *testing.T) {
	w := newWorld(t)
	w.write("dir/new/deep.txt=1", "dir/x=1")
	r := w.run(w.target(), w.flat("dir/"), Done)
	w.holds("dir/", "dir/new/", "dir/x")
	if diff := cmp.Diff([]string{"dir", "dir/new"}, r.NewDirs); diff != "" {
		t.Errorf("new folders (-want +got):\n%s", diff)
	}
}

func TestNewParentsAreReported(t *testing.T) {
	w := newWorld(t)
	w.write("a/b/c/f=1")
	r := w.run(w.target(), w.flat("a/b/c/f"), Done)
	if diff := cmp.Diff([]string{"a", "a/b", "a/b/c"}, r.NewDirs); diff != "" {
		t.Errorf("new folders (-want +got):\n%s", diff)
	}
}

func TestTreeJobMakesRootsAlikeAndTouchesNothingElse(t *testing.T) {
	w := newWorld(t)
	w.write("one/a/b=1", "two/c=2", "three/d=3")
	w.put("one/stale=x", "two/stale/deep=x", "three/stale=x", "stale=x")
	w.run(w.target(), w.tree("one", "two/"), Done)
	w.holds("one/", "one/a/", "one/a/b", "stale", "three/", "three/stale", "two/", "two/c")
}

func TestWholeTree(t *testing.T) {
	w := newWorld(t)
	w.write("a/b/c=1", "d=2")
	w.put("a/stale=x", "e/f/g=x")
	w.run(w.target(), w.tree("./"), Done)
	w.holds("a/", "a/b/", "a/b/c", "d")
}

func TestRootAttributesGoAlone(t *testing.T) {
	w := newWorld(t)
	w.write("a=1", "b/c=1")
	w.put("stale=x")
	w.must(os.Chmod(w.src, 0o711))
	for _, job := range []Job{{Dir: w.src, RootAttrs: true, Delete: true}, w.flat(".")} {
		w.must(os.Chmod(w.dst, 0o755))
		w.run(w.target(), job, Done)
		w.holds("stale")
		if info, _ := os.Stat(w.dst); info.Mode().Perm() != 0o711 {
			t.Errorf("root has mode %v, want 0711", info.Mode().Perm())
		}
	}
}

func TestSameSizeSameTimeEditNeedsIgnoreTimes(t *testing.T) {
	w := newWorld(t)
	w.write("f=one")
	moment := time.Unix(1_600_000_000, 0)
	w.must(os.Chtimes(filepath.Join(w.src, "f"), moment, moment))
	w.run(w.target(), w.flat("f"), Done)
	w.write("f=two")
	w.must(os.Chtimes(filepath.Join(w.src, "f"), moment, moment))

	if r := w.run(w.target(), w.flat("f"), Done); r.Sent != 0 {
		t.Fatalf("the quick check sent it: %+v", r)
	}
	j := w.flat("f")
	j.IgnoreTimes = true
	w.run(w.target(), j, Done)
	if text, _ := os.ReadFile(filepath.Join(w.dst, "f")); string(text) != "two" {
		t.Errorf("target has %q, want two", text)
	}
}

func TestWithoutDeleteNothingGoesAway(t *testing.T) {
	w := newWorld(t)
	w.write("dir/a=1")
	w.put("dir/stale=x", "gone=x")
	j := w.flat("dir/", "gone")
	j.Delete = false
	w.run(w.target(), j, Done)
	w.holds("dir/", "dir/a", "dir/stale", "gone")
}

func TestDryRunOnlyCounts(t *testing.T) {
	w := newWorld(t)
	w.write("a=1", "dir/b=1")
	w.put("dir/stale=x", "gone=x")
	j := w.tree("./")
	j.DryRun = true
	r := w.run(w.target(), j, Done)
	w.holds("dir/", "dir/stale", "gone")
	if r.Sent != 2 || r.Deleted != 2 {
		t.Errorf("would send %d and delete %d, want 2 and 2", r.Sent, r.Deleted)
	}
}

func TestFileAndFolderTradePlaces(t *testing.T) {
	w := newWorld(t)
	w.write("f=1", "d/deep/x=1")
	w.run(w.target(), w.tree("./"), Done)
	w.remove("f", "d")
	w.write("f/new=1", "d=1")
	r := w.run(w.target(), w.flat("f", "d"), Done)
	w.holds("d", "f/")
	if diff := cmp.Diff([]string{"f"}, r.NewDirs); diff != "" {
		t.Errorf("new folders (-want +got):\n%s", diff)
	}
}

func TestItemsAreTold(t *testing.T) {
	w := newWorld(t)
	w.write("a=12345", "d/")
	w.put("gone=x")
	w.age(".")
	var got []Item
	j := w.flat("./")
	j.OnItem = func(i Item) { got = append(got, i) }
	w.run(w.target(), j, Done)
	want := []Item{
		{Path: ".", Change: ".d..t......", Dir: true},
		{Path: "gone", Change: "*deleting  ", Deleted: true},
		{Path: "a", Change: "<f+++++++++", New: true},
		{Path: "d", Change: "cd+++++++++", Dir: true, New: true},
	}
	byPath := cmpopts.SortSlices(func(a, b Item) bool { return a.Path < b.Path })
	if diff := cmp.Diff(want, got, byPath, cmpopts.IgnoreFields(Item{}, "Bytes")); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
}

func TestFullListTellsUnchangedToo(t *testing.T) {
	w := newWorld(t)
	w.write("a=1")
	w.run(w.target(), w.flat("./"), Done)
	var got []string
	j := w.flat("./")
	j.FullList, j.OnItem = true, func(i Item) { got = append(got, i.Path) }
	w.run(w.target(), j, Done)
	if diff := cmp.Diff([]string{".", "a"}, got); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
}

func TestExcludedNamesAreLeftAlone(t *testing.T) {
	w := newWorld(t)
	w.write("a.log=1", "b=1")
	w.put("c.log=x")
	j := w.flat("a.log", "b", "c.log")
	j.Filters = []string{"--filter=- *.log"}
	w.run(w.target(), j, Done)
	w.holds("b", "c.log")
}

func TestFolderWithExcludedEntriesIsKept(t *testing.T) {
	w := newWorld(t)
	w.put("dir/a=1", "dir/b.log=1")
	j := w.flat("dir")
	j.Filters = []string{"--filter=- *.log"}
	r := w.run(w.target(), j, Done)
	w.holds("dir/", "dir/b.log")
	if diff := cmp.Diff([]string{"dir"}, r.Kept); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

func TestEmptyJobRunsNothing(t *testing.T) {
	w := newWorld(t)
	target := w.target()
	target.Program = "/no/such/rsync"
	w.run(target, Job{Dir: w.src}, Done)
}

func TestPathsMayNotLeaveTheFolder(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"../x", "a/../../x", "/etc/passwd", "a/..", "x\x00y"} {
		w.run(w.target(), w.flat(path), Config)
	}
}

func TestJobInASubFolder(t *testing.T) {
	w := newWorld(t)
	w.write("deep/er/a=1", "deep/b=1")
	w.put("deep/er/stale=x", "stale=x")
	j := w.tree("./")
	j.Base = "deep/er"
	w.run(w.target(), j, Done)
	w.holds("deep/", "deep/er/", "deep/er/a", "stale")
}

func TestBaseMayNotBeALink(t *testing.T) {
	w := newWorld(t)
	w.write("real/a=1")
	w.must(os.Symlink("real", filepath.Join(w.src, "link")))
	j := w.tree("./")
	j.Base = "link"
	w.run(w.target(), j, Source)
}

func (w *world) link(to, name string) {
	w.Helper()
	w.must(os.Symlink(to, filepath.Join(w.src, name)))
}

func TestFolderThatBecameALinkIsSentAsOne(t *testing.T) {
	outside := t.TempDir()
	for name, job := range map[string]func(*world) Job{
		"its listing":         func(w *world) Job { return w.flat("a/") },
		"itself and listing":  func(w *world) Job { return w.flat("a", "a/") },
		"an entry in it":      func(w *world) Job { return w.flat("a/x") },
		"an entry further in": func(w *world) Job { return w.flat("a/y/z", "a/x") },
		"a tree":              func(w *world) Job { return w.tree("a/") },
		"a tree in it":        func(w *world) Job { return w.tree("a/y") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.writeIn(outside, "x=secret", "y/z=secret")
			w.put("a/x=1", "a/y/z=1")
			w.link(outside, "a")
			w.run(w.target(), job(w), Done)
			w.holds("a")
			if to, _ := os.Readlink(filepath.Join(w.dst, "a")); to != outside {
				t.Errorf("link to %q, want %q", to, outside)
			}
		})
	}
}

func TestFolderThatBecameAFileIsSentAsOne(t *testing.T) {
	w := newWorld(t)
	w.put("a/x=1", "a/y/z=1")
	w.write("a=file")
	w.run(w.target(), w.flat("a/", "a/x", "a/y/z"), Done)
	w.holds("a")
}

func TestDeletingLeavesTheFoldersTimeAlike(t *testing.T) {
	w := newWorld(t)
	w.write("d/a=1", "d/b=1")
	w.run(w.target(), w.tree("./"), Done)
	w.remove("d/a")
	w.age("d")
	w.run(w.target(), w.flat("d/a"), Done)
	src, err := os.Stat(filepath.Join(w.src, "d"))
	w.must(err)
	dst, err := os.Stat(filepath.Join(w.dst, "d"))
	w.must(err)
	if src.ModTime().Unix() != dst.ModTime().Unix() {
		t.Errorf("target has %s, want %s", dst.ModTime(), src.ModTime())
	}
}

func TestJobsMayOverlap(t *testing.T) {
	w := newWorld(t)
	var wait sync.WaitGroup
	for i := range 8 {
		name := string(rune('a' + i))
		w.write(name + "=1")
		wait.Go(func() {
			if r := w.runner.Run(t.Context(), w.target(), w.flat(name)); r.Class != Done {
				t.Errorf("%s: %s", r.Class, r.Reason)
			}
		})
	}
	wait.Wait()
	w.holds("a", "b", "c", "d", "e", "f", "g", "h")
}
