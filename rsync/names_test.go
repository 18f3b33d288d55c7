package rsync

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// mirrorNames makes files of those names, mirrors them, deletes the odd ones,
// and expects exactly that on the target each time.
func mirrorNames(w *world, target Target, names []string) {
	w.Helper()
	var kept, removed []string
	for i, name := range names {
		w.must(os.WriteFile(filepath.Join(w.src, name), nil, 0o644))
		if i%2 == 0 {
			kept = append(kept, name)
		} else {
			removed = append(removed, name)
		}
	}
	r := w.run(target, w.flat(names...), Done)
	if r.Sent != len(names) {
		w.Fatalf("sent %d of %q", r.Sent, names)
	}
	w.wantNames(names)
	if len(removed) > 0 {
		w.remove(removed...)
		r = w.run(target, w.flat(removed...), Done)
		if r.Deleted != len(removed) {
			w.Fatalf("deleted %d of %q", r.Deleted, removed)
		}
	}
	w.wantNames(kept)
}

func (w *world) wantNames(want []string) {
	w.Helper()
	got := entries(w, w.dst)
	want = slices.Clone(want)
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		w.Fatalf("on the target (-want +got):\n%s", diff)
	}
}

func (w *world) wipe() {
	w.Helper()
	for _, root := range []string{w.src, w.dst} {
		for _, name := range entries(w, root) {
			w.must(os.RemoveAll(filepath.Join(root, strings.TrimSuffix(name, "/"))))
		}
	}
}

func TestNamesOfAnyBytes(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{Daemon, Local} {
		t.Run(kind.String(), func(t *testing.T) {
			w := newWorld(t)
			target := w.local()
			if kind == Daemon {
				target = w.target()
			}
			long := strings.Repeat("x", 255)
			mirrorNames(w, target, []string{
				"plain", "wild*", "wildcard", "wild?", "new\nline", "tab\there", " lead", "trail ", "#hash", ";semi", "-rf", "--delete",
				`\#012`, `\#999`, `back\`, `"q"`, "'q'", "`id`", "$(id)", "\xff\xfe", "\x01", "\x7f", "%n", "a -> b", `" (in m)`, "...", "é",
				long, strings.Repeat("é", 127), "C:\\x", "[a-z]", "{a,b}", "!", "~", "./x"[2:], "sent 1 bytes  received 2 bytes  ",
			})
		})
	}
}

func TestRandomNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	name := rapid.Custom(func(t *rapid.T) string {
		return string(rapid.SliceOfN(rapid.Byte().Filter(func(b byte) bool { return b != 0 && b != '/' }), 1, 255).Draw(t, "name"))
	}).Filter(func(s string) bool { return s != "." && s != ".." })
	rapid.Check(t, func(rt *rapid.T) {
		names := rapid.SliceOfNDistinct(name, 1, 40, rapid.ID[string]).Draw(rt, "names")
		w.wipe()
		mirrorNames(w, w.target(), names)
	})
}

func FuzzNames(f *testing.F) {
	f.Add("a", "wild*")
	f.Add("x\ny", `\#012`)
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, name := range []string{a, b} {
			if name == "" || name == "." || name == ".." || len(name) > 255 || strings.ContainsAny(name, "/\x00") {
				t.Skip()
			}
		}
		if a == b {
			t.Skip()
		}
		v := *w
		v.TB = t
		v.wipe()
		mirrorNames(&v, v.target(), []string{a, b})
	})
}

func TestPathsNearTheLimit(t *testing.T) {
	w := newWorld(t)
	part := strings.Repeat("d", 200)
	dir := strings.Repeat(part+"/", 19) // 3819 bytes
	path := dir + strings.Repeat("f", 200)
	root, err := os.OpenRoot(w.src)
	w.must(err)
	defer root.Close()
	w.must(root.MkdirAll(strings.TrimSuffix(dir, "/"), 0o755))
	w.must(root.WriteFile(path, []byte("deep"), 0o644))
	r := w.run(w.target(), w.flat(path), Done)
	if r.Sent != 1 || len(r.NewDirs) != 19 {
		t.Errorf("sent %d, made %d folders, want 1 and 19", r.Sent, len(r.NewDirs))
	}
	there, err := os.OpenRoot(w.dst)
	w.must(err)
	defer there.Close()
	if text, err := there.ReadFile(path); string(text) != "deep" {
		t.Errorf("target has %q, %v", text, err)
	}
	w.must(root.RemoveAll(part))
	w.run(w.target(), w.flat(part), Done)
	w.holds()
}

// TestFailuresOfAnyName makes every file fail and expects every one of them to
// be named, through the temporary names rsync prints.
func TestFailuresOfAnyName(t *testing.T) {
	t.Parallel()
	needRoot(t)
	w := newWorld(t, mapped...)
	piece := rapid.SampledFrom([]string{".", "..", "a", "b", "é", "\xff", `"`, " (in m)", ` -> "`, "\n", `\#012`, strings.Repeat("x", 60), strings.Repeat("é", 60)})
	name := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 1, 8).Draw(t, "pieces"), "")
	}).Filter(func(s string) bool { return s != "." && s != ".." && len(s) <= 255 })
	rapid.Check(t, func(rt *rapid.T) {
		names := rapid.SliceOfNDistinct(name, 1, 20, rapid.ID[string]).Draw(rt, "names")
		w.wipe()
		for _, n := range names {
			w.must(os.WriteFile(filepath.Join(w.src, n), nil, 0o644))
		}
		asked := names[:(len(names)+1)/2]
		r := w.run(w.target(), w.flat(asked...), Partial)
		got := failedPaths(r)
		for _, n := range asked {
			if !slices.Contains(got, n) {
				rt.Fatalf("%q failed and is not named in %q\n%s", n, got, r.Stderr)
			}
		}
		for _, n := range got {
			if n != "." && !slices.Contains(asked, n) {
				rt.Fatalf("%q was not asked for, %q were\n%s", n, asked, r.Stderr)
			}
		}
	})
}
