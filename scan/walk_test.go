package scan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

func TestExcludedIsNeitherYieldedNorCountedNorEntered(t *testing.T) {
	p := newPlot(t)
	since := p.now()
	p.write("skip/deep/file", "1")
	p.write("keep/file.tmp", "1")
	p.write("keep/file", "1")
	p.mkdir("keep/file.tmp2")
	excluded := func(path string, dir bool) bool {
		if strings.HasPrefix(path, "skip/") {
			t.Errorf("asked about %q, whose folder is excluded", path)
		}
		if path == "keep/file.tmp2" && !dir || path == "keep/file" && dir {
			t.Errorf("asked about %q as dir=%v", path, dir)
		}
		return path == "skip" && dir || strings.HasSuffix(path, ".tmp")
	}
	want := []string{"listing .", "listing keep", "entry! keep/file", "listing keep/file.tmp2"}
	if diff := cmp.Diff(want, p.found(Options{Since: since, Excluded: excluded})); diff != "" {
		t.Error(diff)
	}
	if _, stats := p.walk(Options{Since: since, Excluded: excluded}); stats.Entries != 4 {
		t.Errorf("counted %d entries, want 4", stats.Entries)
	}
}

func TestSymbolicLinksAreNotFollowed(t *testing.T) {
	p := newPlot(t)
	since := p.now()
	p.write("^elsewhere/file", "1")
	p.must(os.Symlink(p.at("^elsewhere"), p.at("link")))
	want := []string{"listing .", "entry! link"}
	if diff := cmp.Diff(want, p.found(Options{Since: since})); diff != "" {
		t.Error(diff)
	}
	for _, under := range []string{"link", "link/file"} {
		if diff := cmp.Diff([]string{"entry! link"}, p.found(Options{Since: since, Under: under})); diff != "" {
			t.Errorf("under %s: %s", under, diff)
		}
	}
}

func TestNamesAreBytes(t *testing.T) {
	p := newPlot(t)
	since := p.now()
	for _, name := range []string{"new\nline", "\xff\xfe", "-dash", "*?[]\\", strings.Repeat("x", 255)} {
		p.write("dir "+name[:1]+"/"+name, "1")
		got := p.found(Options{Since: since, Under: "dir " + name[:1]})
		if want := "entry! dir " + name[:1] + "/" + name; got[len(got)-1] != want {
			t.Errorf("got %q, want %q among them", got, want)
		}
	}
}

func TestRootMayBeAPinnedFolder(t *testing.T) {
	p := newPlot(t)
	since := p.now()
	p.write("dir/file", "1")
	root, err := os.Open(p.root)
	p.must(err)
	defer root.Close()
	o := Options{Since: since, Root: filepath.Join("/proc/self/fd", itoa(root.Fd()))}
	want := []string{"listing .", "listing dir", "entry! dir/file"}
	if diff := cmp.Diff(want, p.found(o)); diff != "" {
		t.Error(diff)
	}
}

func TestUnder(t *testing.T) {
	p := newPlot(t)
	p.write("file", "1")
	p.write("quiet/dir/file", "1")
	p.write("^moved/old", "1")
	since := p.now()
	p.write("other/file", "1")
	p.mkdir("to")
	p.rename("^moved", "to/moved")
	for under, want := range map[string][]string{
		"to/moved":   {"tree to/moved"},
		"to":         {"listing to", "tree to/moved"},
		"other":      {"listing other", "entry! other/file"},
		"quiet":      {},
		"quiet/dir":  {},
		"file":       {"entry! file"},
		"file/below": {"entry! file"},
		"gone":       {"entry! gone"},
		"quiet/gone": {"entry! quiet/gone"},
		"gone/gone2": {"entry! gone"},
	} {
		if diff := cmp.Diff(want, p.found(Options{Since: since, Under: under})); diff != "" {
			t.Errorf("under %s: %s", under, diff)
		}
	}
	for _, under := range []string{"/abs", "../up", "a//b", "./a", "a/"} {
		_, err := Walk(t.Context(), Options{Root: p.root, Under: under}, nil)
		if err == nil {
			t.Errorf("under %q is accepted", under)
		}
	}
}

func TestMountsBelongToTheTreeUnlessToldOtherwise(t *testing.T) {
	p := newPlot(t)
	p.mkdir("mnt")
	if err := unix.Mount("none", p.at("mnt"), "tmpfs", 0, ""); err != nil {
		t.Skipf("cannot mount here: %v", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(p.at("mnt"), 0)) })
	since := p.now()
	p.write("mnt/dir/file", "1")
	want := []string{"listing mnt", "listing mnt/dir", "entry! mnt/dir/file"}
	if diff := cmp.Diff(want, p.found(Options{Since: since})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"entry mnt"}, p.found(Options{Since: since, OneFileSystem: true})); diff != "" {
		t.Errorf("one file system: %s", diff)
	}
	_, stats := p.walk(Options{})
	if diff := cmp.Diff([]string{"mnt"}, stats.Mounts); diff != "" {
		t.Errorf("mounts: %s", diff)
	}
}

func TestMissingRootIsAnErrorAndNotADeletion(t *testing.T) {
	p := newPlot(t)
	p.write("^file", "1")
	for root, want := range map[string]error{
		p.at("gone"):  fs.ErrNotExist,
		p.at("^file"): unix.ENOTDIR,
		"relative":    nil,
	} {
		_, err := Walk(t.Context(), Options{Root: root, Since: time.Now()}, unwanted(t))
		if err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("root %s: got %v, want %v", root, err, want)
		}
	}
}

func unwanted(t *testing.T) func([]change.Change) error {
	return func(batch []change.Change) error {
		t.Errorf("yielded %v", batch)
		return nil
	}
}

// TestRootThatGoesAwayMeanwhile has the root replaced, emptied or removed
// while it is walked.
func TestRootThatGoesAwayMeanwhile(t *testing.T) {
	for name, lose := range map[string]func(p *plot){
		"removed": func(p *plot) { p.remove(".") },
		"renamed": func(p *plot) { p.rename(".", "^away") },
		"replaced": func(p *plot) {
			p.rename(".", "^away")
			p.mkdir(".")
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlot(t)
			p.write("a/b/file", "1")
			lost := false
			excluded := func(string, bool) bool {
				if !lost {
					lost = true
					lose(p)
				}
				return false
			}
			o := Options{Root: p.root, Since: time.Now(), Excluded: excluded, Workers: 1}
			_, err := Walk(t.Context(), o, func([]change.Change) error { return nil })
			if err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestPinnedRootThatIsRemovedMeanwhile(t *testing.T) {
	for _, under := range []string{"", "dir"} {
		p := newPlot(t)
		p.write("dir/file", "1")
		root, err := os.Open(p.root)
		p.must(err)
		defer root.Close()
		o := Options{Root: filepath.Join("/proc/self/fd", itoa(root.Fd())), Under: under}
		o.Excluded = func(string, bool) bool { p.remove("."); return false }
		if _, err = Walk(t.Context(), o, unwanted(t)); err == nil {
			t.Errorf("under %q: no error", under)
		}
	}
}

// TestWhatChangesUnderTheWalk has an entry become something else between the
// moment it is listed and the moment it is looked at.
func TestWhatChangesUnderTheWalk(t *testing.T) {
	for name, c := range map[string]struct {
		turn func(p *plot)
		want string
	}{
		"folder removed":        {func(p *plot) { p.remove("dir") }, "entry! dir"},
		"folder becomes a link": {func(p *plot) { p.remove("dir"); p.must(os.Symlink(p.outside, p.at("dir"))) }, "entry! dir"},
		"folder becomes a file": {func(p *plot) { p.remove("dir"); p.write("dir", "1") }, "entry! dir"},
		"file removed":          {func(p *plot) { p.remove("file") }, "entry! file"},
		"file becomes a folder": {func(p *plot) { p.remove("file"); p.write("file/in", "1") }, "tree! file"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlot(t)
			p.write("dir/file", "1")
			p.write("file", "1")
			turned := strings.Fields(c.want)[1]
			excluded := func(path string, _ bool) bool {
				if path == turned {
					c.turn(p)
				}
				return false
			}
			got := p.found(Options{Since: p.now(), Excluded: excluded})
			if diff := cmp.Diff([]string{c.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSiblingsOfAVanishedFolder: a folder that cannot be entered must not
// confuse where the walk is.
func TestSiblingsOfAVanishedFolder(t *testing.T) {
	p := newPlot(t)
	p.mkdir("in")
	since := p.now()
	want := []string{"listing in"}
	for i := range 10 {
		dir := fmt.Sprintf("in/dir%d", i)
		p.write(dir+"/file", "1")
		if i%3 == 1 {
			want = append(want, "entry! "+dir)
			continue
		}
		want = append(want, "listing "+dir, "entry! "+dir+"/file")
	}
	vanish := func(path string, dir bool) bool {
		if i := strings.TrimPrefix(path, "in/dir"); dir && strings.Contains("147", i) {
			p.remove(path)
		}
		return false
	}
	if diff := cmp.Diff(want, p.found(Options{Since: since, Excluded: vanish, Workers: 1})); diff != "" {
		t.Error(diff)
	}
}

func TestErrorOfEmitEndsTheWalk(t *testing.T) {
	p := newPlot(t)
	since := p.now()
	generate(t, p.root, 3, 30, 10)
	full := errors.New("full")
	calls := 0
	_, err := Walk(t.Context(), Options{Root: p.root, Since: since}, func([]change.Change) error {
		calls++
		return full
	})
	if !errors.Is(err, full) || calls == 0 {
		t.Errorf("got %v after %d calls, want %v", err, calls, full)
	}
}

func TestEndedContextEndsTheWalk(t *testing.T) {
	p := newPlot(t)
	since := p.now()
	generate(t, p.root, 3, 30, 10)
	ctx, stop := context.WithCancel(t.Context())
	_, err := Walk(ctx, Options{Root: p.root, Since: since}, func([]change.Change) error {
		stop()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}

func TestEmitIsCalledByOneAtATimeAndGetsAll(t *testing.T) {
	p := newPlot(t)
	since := p.now()
	generate(t, p.root, 5, 40, 10)
	var inside atomic.Int32
	seen := map[string]bool{}
	stats, err := Walk(t.Context(), Options{Root: p.root, Since: since, Workers: 8}, func(batch []change.Change) error {
		if inside.Add(1) > 1 {
			t.Error("called while another call was on")
		}
		for _, c := range batch {
			seen[c.Path] = true
			runtime.Gosched() // gives another worker time to get in
		}
		inside.Add(-1)
		return nil
	})
	p.must(err)
	if want := 1 + 5 + 5*40 + 5*40*10; len(seen) != want || stats.Entries != int64(want) {
		t.Errorf("got %d paths and %d entries, want %d", len(seen), stats.Entries, want)
	}
}
