package scan

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

func itoa(fd uintptr) string { return strconv.Itoa(int(fd)) }

// TestHugeFolderTakesLittleMemory: what a walk holds does not grow with the
// number of entries of a folder.
func TestHugeFolderTakesLittleMemory(t *testing.T) {
	const bound = 10 << 20
	files := 100_000
	if os.Getenv("SYNCSVC_LONG") != "" {
		files = 1_000_000
	}
	p := newPlot(t)
	since := p.now()
	for i := range files {
		fd, err := unix.Open(p.at(fmt.Sprintf("file%07d", i)), unix.O_CREAT|unix.O_WRONLY|unix.O_CLOEXEC, 0o644)
		p.must(err)
		unix.Close(fd)
	}
	runtime.GC()
	before := heap()
	most, calls := before, 0
	stats, err := Walk(t.Context(), Options{Root: p.root, Since: since}, func([]change.Change) error {
		if calls++; calls%16 == 0 {
			most = max(most, heap())
		}
		return nil
	})
	p.must(err)
	if stats.Found != int64(files)+1 {
		t.Errorf("found %d, want %d", stats.Found, files+1)
	}
	if grown := most - before; grown > bound {
		t.Errorf("the heap grew by %d bytes, want at most %d", grown, bound)
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// TestPathsLongerThanTheKernelTakes also goes deeper than a worker keeps
// folders open, with something left to do on every level on the way back.
func TestPathsLongerThanTheKernelTakes(t *testing.T) {
	const depth, open = 3 * maxOpen, 4*(maxOpen+2) + 8
	p := newPlot(t)
	since := p.now()
	name := strings.Repeat("n", 100)
	dir, err := unix.Open(p.root, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	p.must(err)
	for range depth {
		for _, sub := range []string{name, "side", "side/deeper"} {
			p.must(unix.Mkdirat(dir, sub, 0o755))
		}
		fd, err := unix.Openat(dir, "side/deeper/file", unix.O_CREAT|unix.O_CLOEXEC, 0o644)
		p.must(err)
		unix.Close(fd)
		next, err := openFolder(dir, name)
		p.must(err)
		unix.Close(dir)
		dir = next
	}
	unix.Close(dir)

	before, longest, most := descriptors(t), 0, 0
	files := 0
	stats, err := Walk(t.Context(), Options{Root: p.root, Since: since}, func(batch []change.Change) error {
		most = max(most, descriptors(t)-before)
		for _, c := range batch {
			longest = max(longest, len(c.Path))
			if strings.HasSuffix(c.Path, "side/deeper/file") && c.Scope == change.Entry {
				files++
			}
		}
		return nil
	})
	p.must(err)
	if files != depth || stats.Folders != 1+3*depth || longest < 2*unix.PathMax {
		t.Errorf("got %d files and %d folders, the longest path has %d bytes", files, stats.Folders, longest)
	}
	if most > open {
		t.Errorf("%d descriptors were open, want at most %d", most, open)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors are open at the end, %d were before", after, before)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(fds)
}
