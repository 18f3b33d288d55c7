package scan

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// BenchmarkWalk reports entries/s on a quiet tree, where nearly all of them
// are looked at and nothing is found. SYNCSVC_BENCH_TREE names a tree of yours.
func BenchmarkWalk(b *testing.B) {
	root := os.Getenv("SYNCSVC_BENCH_TREE")
	if root == "" {
		root = b.TempDir()
		generate(b, root, 10, 100, 10)
	}
	excluded := func(string, bool) bool { return false }
	for _, run := range []struct {
		name string
		o    Options
	}{
		{"count", Options{}},
		{"workers=1", Options{Since: time.Now().Add(time.Hour), Workers: 1}},
		{"workers=2", Options{Since: time.Now().Add(time.Hour), Workers: 2}},
		{"workers=4", Options{Since: time.Now().Add(time.Hour), Workers: 4}},
		{"filtered", Options{Since: time.Now().Add(time.Hour), Excluded: excluded}},
	} {
		run.o.Root = root
		b.Run(run.name, func(b *testing.B) { walkLoop(b, run.o) })
	}
}

func walkLoop(b *testing.B, o Options) {
	var entries int64
	b.ReportAllocs()
	for b.Loop() {
		stats, err := Walk(context.Background(), o, func([]change.Change) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
		entries += stats.Entries
	}
	b.ReportMetric(float64(entries)/b.Elapsed().Seconds(), "entries/s")
}

// generate makes upper folders with lower folders with files in each.
func generate(tb testing.TB, root string, upper, lower, files int) {
	tb.Helper()
	for i := range upper {
		for j := range lower {
			dir := filepath.Join(root, fmt.Sprintf("upper%03d/lower%04d", i, j))
			if err := os.MkdirAll(dir, 0o755); err != nil {
				tb.Fatal(err)
			}
			for k := range files {
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("file%05d", k)), nil, 0o644); err != nil {
					tb.Fatal(err)
				}
			}
		}
	}
}
