package rsync

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// album makes a folder of files of a megabyte, n in all, in sub-folders.
func (w *world) album(name string, n int) {
	w.Helper()
	for i := range n {
		w.blob(fmt.Sprintf("%s/%d/%d", name, i%3, i), 1<<20)
	}
}

// blob makes a file of random bytes.
func (w *world) blob(name string, size int) {
	w.Helper()
	text := make([]byte, size)
	_, _ = rand.Read(text)
	w.must(os.MkdirAll(filepath.Dir(filepath.Join(w.src, name)), 0o755))
	w.must(os.WriteFile(filepath.Join(w.src, name), text, 0o644))
}

func (w *world) rename(from, to string) {
	w.Helper()
	w.must(os.MkdirAll(filepath.Dir(filepath.Join(w.src, to)), 0o755))
	w.must(os.Rename(filepath.Join(w.src, from), filepath.Join(w.src, to)))
}

func TestRenamedFolderIsNotSentAgain(t *testing.T) {
	t.Parallel()
	files := 20
	if os.Getenv("SYNCSVC_LONG") != "" {
		files = 200
	}
	for name, target := range map[string]func(*world) Target{
		"daemon": (*world).target, "ssh": (*world).sshTarget, "local": (*world).local,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.album("old", files)
			to := target(w)
			w.run(to, w.tree("./"), Done)
			w.rename("old", "deep/new*")
			w.blob("deep/new*/0/0", 100) // and written to at once
			j := w.tree("./")
			j.Base, j.LinkDest = "deep/new*", "../../old"
			r := w.run(to, j, Done)
			last := w.run(to, w.flat("old"), Done)
			if sum := r.BytesSent + r.BytesReceived + last.BytesSent + last.BytesReceived; sum > 1<<20 {
				t.Errorf("%d bytes on the wire for %d MB, want less than one", sum, files)
			}
			if r := w.run(to, w.tree("./"), Done); r.Sent+r.Deleted != 0 {
				t.Errorf("the trees were not alike: %+v", r)
			}
			text, _ := os.ReadFile(filepath.Join(w.dst, "deep/new*/0/0"))
			if len(text) != 100 {
				t.Errorf("what was written afterwards has %d bytes, want 100", len(text))
			}
		})
	}
}

func TestRenamedFolderWithoutChroot(t *testing.T) {
	w := newWorld(t, "use chroot = no")
	w.album("old", 3)
	w.run(w.target(), w.tree("./"), Done)
	w.rename("old", "new")
	j := w.tree("./")
	j.Base, j.LinkDest = "new", "../old"
	if r := w.run(w.target(), j, Done); r.BytesSent > 1<<20 {
		t.Errorf("%d bytes sent, want less than a megabyte", r.BytesSent)
	}
}

func TestLinkDestThatIsGoneOnlyCosts(t *testing.T) {
	w := newWorld(t)
	w.album("new", 1)
	j := w.tree("./")
	j.Base, j.LinkDest = "new", "../never"
	w.run(w.target(), j, Done)
	w.holds("new/", "new/0/", "new/0/0")
}

func TestRenamedFileIsNotSentAgain(t *testing.T) {
	w := newWorld(t)
	w.blob("d/a.bin", 3<<20)
	w.run(w.target(), w.tree("./"), Done)
	w.rename("d/a.bin", "d/b.bin")
	j := w.flat("d/b.bin")
	j.Fuzzy = true
	if r := w.run(w.target(), j, Done); r.BytesSent > 1<<20 {
		t.Errorf("%d bytes sent, want less than a megabyte", r.BytesSent)
	}
	w.run(w.target(), w.flat("d/a.bin"), Done)
	w.holds("d/", "d/b.bin")
}
