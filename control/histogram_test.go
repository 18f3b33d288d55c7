package control

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestValuesAreCountedBySize(t *testing.T) {
	h := &Histogram{Bounds: []float64{1, 2}, Counts: make([]uint64, 3)}
	for _, v := range []float64{0, 1, 1.5, 2, 2.1, 100} {
		h.Observe(v)
	}
	if diff := cmp.Diff(&Histogram{Bounds: []float64{1, 2}, Counts: []uint64{2, 2, 2}, Sum: 106.6}, h); diff != "" {
		t.Error(diff)
	}
	copied := h.Clone()
	h.Observe(0)
	if copied.Counts[0] != 2 || (*Histogram)(nil).Clone() != nil {
		t.Error("a copy changes with the original")
	}
}
