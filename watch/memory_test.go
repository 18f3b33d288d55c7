package watch

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// mostPerFolder is what a watched folder may cost, everything the process
// keeps included.
const mostPerFolder = 100

// manyFolders makes folders, a hundred to each and with names as people give
// them, where that is fast.
func manyFolders(t testing.TB, n int) string {
	t.Helper()
	root, err := os.MkdirTemp("/dev/shm", "watch-folders-")
	if err != nil {
		root = t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	for i := range n {
		dir := filepath.Join(root, fmt.Sprintf("customer-%04d", i/100))
		if i%100 == 0 {
			must(t, os.Mkdir(dir, 0o755))
			continue
		}
		must(t, os.Mkdir(filepath.Join(dir, fmt.Sprintf("gallery-%d", i)), 0o755))
	}
	return root
}

func TestMemoryOfAWatchedFolder(t *testing.T) {
	if root := os.Getenv(insideEnv); root != "" {
		printMemory(t, root)
		return
	}
	if raceDetector {
		t.Skip("the race detector has its own idea of memory")
	}
	folders := 40_000
	if _, limit := watchLimit(); limit < 2*folders {
		t.Skipf("no more than %d watches here", limit)
	}
	few, many := memoryWith(t, manyFolders(t, 100)), memoryWith(t, manyFolders(t, folders))
	per := (many - few) / (folders - 100)
	t.Logf("%d KB with few folders, %d KB with %d: %d bytes a folder", few>>10, many>>10, folders, per)
	if per > mostPerFolder {
		t.Errorf("%d bytes a folder, want at most %d", per, mostPerFolder)
	}
}

// memoryWith returns the resident bytes of a process that watches root and has
// been busy for a while.
func memoryWith(t *testing.T, root string) int {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), insideEnv+"="+root)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_, after, _ := bytes.Cut(out, []byte("resident="))
	text, _, _ := strings.Cut(string(after), "\n")
	n, err := strconv.Atoi(text)
	must(t, err)
	return n
}

// printMemory makes garbage as a long life does before it looks.
func printMemory(t *testing.T, root string) {
	o := Options{Root: root, Backend: Inotify}
	w, err := Open(t.Context(), o)
	must(t, err)
	r := &rig{t: t, root: root, w: w, done: make(chan error, 1), mirror: newMirror(root, nil)}
	go func() { r.done <- w.Run(t.Context(), func([]change.Change) {}) }()
	defer w.Close()
	for i := range 30_000 {
		write(t, filepath.Join(root, "customer-0000", strconv.Itoa(i%100)), "x")
	}
	r.settle()
	fmt.Printf("resident=%d\n", resident(t))
}

func resident(t testing.TB) int {
	t.Helper()
	data, err := os.ReadFile("/proc/self/statm")
	must(t, err)
	pages, err := strconv.Atoi(strings.Fields(string(data))[1])
	must(t, err)
	return pages * unix.Getpagesize()
}

func BenchmarkOpen(b *testing.B) {
	root := manyFolders(b, 20_000)
	for _, backend := range []Backend{Inotify, Fanotify} {
		b.Run(string(backend), func(b *testing.B) {
			for b.Loop() {
				w, err := Open(b.Context(), Options{Root: root, Backend: backend})
				must(b, err)
				must(b, w.Close())
			}
			b.ReportMetric(20_000*float64(b.N)/b.Elapsed().Seconds(), "folders/s")
		})
	}
}

func BenchmarkFilesWritten(b *testing.B) {
	for _, backend := range []Backend{Inotify, Fanotify} {
		b.Run(string(backend), func(b *testing.B) {
			root := manyFolders(b, 1000)
			w, err := Open(b.Context(), Options{Root: root, Backend: backend})
			must(b, err)
			r := &rig{t: b, root: root, w: w, done: make(chan error, 1)}
			go func() { r.done <- w.Run(b.Context(), func([]change.Change) {}) }()
			path := filepath.Join(root, "customer-0000", "f")
			for i := 0; b.Loop(); i++ {
				write(b, path+strconv.Itoa(i%1000), "x")
			}
			r.settle()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "files/s")
			b.ReportMetric(float64(w.Status().Overflows), "overflows")
			must(b, w.Close())
			must(b, <-r.done)
		})
	}
}
