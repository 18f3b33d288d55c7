package watch

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// vandal does random things to a tree. Errors do not matter: several of them
// are at it, and what one looks for another has moved.
type vandal struct {
	rnd     *rand.Rand
	root    string
	outside string
}

// somewhere returns a random path up to four names deep out of few, so that
// the vandals meet.
func (v *vandal) somewhere() string {
	path := v.root
	if v.rnd.IntN(12) == 0 {
		path = v.outside
	}
	for range 1 + v.rnd.IntN(4) {
		path = filepath.Join(path, fmt.Sprintf("n%d", v.rnd.IntN(5)))
	}
	return path
}

func (v *vandal) act() {
	a, b := v.somewhere(), v.somewhere()
	switch v.rnd.IntN(14) {
	case 0, 1, 2:
		_ = os.MkdirAll(a, 0o755)
	case 3, 4:
		_ = os.WriteFile(filepath.Join(a, fmt.Sprintf("f%d", v.rnd.IntN(4))), []byte(fmt.Sprint(v.rnd.Int())), 0o644)
	case 5:
		_ = os.MkdirAll(a, 0o755)
		_ = os.WriteFile(filepath.Join(a, "deep"), []byte(fmt.Sprint(v.rnd.Int())), 0o644)
	case 6, 7, 8:
		_ = unix.Rename(a, b)
	case 9:
		_ = unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
	case 10:
		_ = os.RemoveAll(a)
	case 11:
		_ = os.Symlink(b, filepath.Join(a, "link"))
	case 12:
		_ = os.Chmod(a, os.FileMode(0o700+v.rnd.IntN(64)))
	case 13:
		v.keepOpen(a)
	}
}

// keepOpen writes to a file while it may be renamed.
func (v *vandal) keepOpen(dir string) {
	f, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return
	}
	defer f.Close()
	for range 3 {
		fmt.Fprintln(f, v.rnd.Int())
		_ = unix.Rename(v.somewhere(), v.somewhere())
	}
}

func TestNothingIsMissedWhileVandalsRage(t *testing.T) {
	rounds, acts := 3, 400
	if long() {
		rounds, acts = 60, 3000
	}
	eachDisk(t, func(t *testing.T, dir string, b Backend) {
		root, outside := filepath.Join(dir, "root"), filepath.Join(dir, "outside")
		mkdir(t, root)
		mkdir(t, outside)
		r := watched(t, Options{Root: root, Backend: b, Quiet: 100 * time.Millisecond, AtMost: 300 * time.Millisecond})
		for round := range rounds {
			seed := rand.Uint64()
			rage(root, outside, seed, acts)
			r.settle()
			if r.same(); t.Failed() {
				t.Fatalf("round %d, seed %d", round, seed)
			}
			r.take()
		}
		r.tableIsTrue()
	})
}

// tableIsTrue stops Run and compares what inotify believes with what is there.
func (r *rig) tableIsTrue() {
	r.t.Helper()
	n, ok := r.w.src.(*inotify)
	if !ok {
		return
	}
	until(r.t, "all strays are let go of", func() bool { return r.w.Status().Folders == len(folders(r.root)) })
	r.cancel()
	if err := <-r.done; err != nil {
		r.t.Fatal(err)
	}
	for _, path := range folders(r.root) {
		id := n.tab.lookup(path)
		wd, err := n.watch(n.site.abs(path), 0)
		if id == 0 || err != nil || n.tab.at(id).wd != wd {
			r.t.Errorf("%q: node %d, watch %d, %v", path, id, wd, err)
		}
	}
}

func folders(root string) []string {
	var out []string
	_ = filepath.WalkDir(root, func(abs string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			rel, _ := filepath.Rel(root, abs)
			out = append(out, rel)
		}
		return nil
	})
	return out
}

// rage lets vandals loose and waits until they are done.
func rage(root, outside string, seed uint64, acts int) {
	var all sync.WaitGroup
	for i := range 4 {
		v := &vandal{rnd: rand.New(rand.NewPCG(seed, uint64(i))), root: root, outside: outside}
		all.Go(func() {
			for range acts {
				v.act()
			}
		})
	}
	all.Wait()
}
