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
	files := 200_000
	if os.Getenv("SYNCSVC_LONG") != "" {
		files = 1_000_000
	}
	p := newPlotIn(t, mounted(t, nil)) // many files are made sooner in memory
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
// folders open, with something left to do on every level on the way back, deep
// again in the middle.
func TestPathsLongerThanTheKernelTakes(t *testing.T) {
	const depth, side = 5 * maxOpen, 2 * maxOpen
	p := newPlot(t)
	since := p.now()
	name := strings.Repeat("n", 100)
	top, err := unix.Open(p.root, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	p.must(err)
	p.chain(top, depth, name, func(dir, level int) {
		length := 2
		if level == depth/2 {
			length = side
		}
		fd, err := unix.FcntlInt(uintptr(dir), unix.F_DUPFD_CLOEXEC, 0)
		p.must(err)
		p.chain(fd, length, "side", func(int, int) {})
	})

	before, longest, most := descriptors(t), 0, 0
	files := 0
	o := Options{Root: p.root, Since: since, Workers: 1}
	o.Excluded = func(string, bool) bool { most = max(most, descriptors(t)-before); return false }
	stats, err := Walk(t.Context(), o, func(batch []change.Change) error {
		for _, c := range batch {
			longest = max(longest, len(c.Path))
			if strings.HasSuffix(c.Path, "/file") && c.Scope == change.Entry {
				files++
			}
		}
		return nil
	})
	p.must(err)
	folders := depth + 2*(depth-1) + side
	if files != folders || stats.Folders != int64(1+folders) || longest < 3*unix.PathMax {
		t.Errorf("got %d files in %d folders, want %d; the longest path has %d bytes", files, stats.Folders, folders, longest)
	}
	if most > maxOpen+1 { // and the root
		t.Errorf("%d descriptors were open, want at most %d", most, maxOpen+1)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors are open at the end, %d were before", after, before)
	}
}

// chain makes a folder in a folder and so on, each with a file, and closes the
// descriptor it starts from. It calls visit with each folder before it makes
// the next one in it.
func (p *plot) chain(dir, depth int, name string, visit func(dir, level int)) {
	p.t.Helper()
	for level := range depth {
		visit(dir, level)
		p.must(unix.Mkdirat(dir, name, 0o755))
		next, err := openFolder(dir, name)
		p.must(err)
		unix.Close(dir)
		dir = next
		fd, err := unix.Openat(dir, "file", unix.O_CREAT|unix.O_CLOEXEC, 0o644)
		p.must(err)
		unix.Close(fd)
	}
	unix.Close(dir)
}

func descriptors(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(fds)
}
