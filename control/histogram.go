package control

import "slices"

// Histogram counts values by size, as Prometheus does. It only ever grows.
type Histogram struct {
	Bounds []float64 `json:"bounds"` // upper ends of the classes, ascending; a value on one is within
	Counts []uint64  `json:"counts"` // one for each bound, and one for all above
	Sum    float64   `json:"sum"`
}

// NewHistogram returns one for times in seconds, from an edit of a small file
// to a full sync.
func NewHistogram() *Histogram {
	bounds := []float64{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600}
	return &Histogram{Bounds: bounds, Counts: make([]uint64, len(bounds)+1)}
}

// Observe counts a value.
func (h *Histogram) Observe(v float64) {
	i, _ := slices.BinarySearch(h.Bounds, v)
	h.Counts[i]++
	h.Sum += v
}

// Clone returns a copy, nil of nil.
func (h *Histogram) Clone() *Histogram {
	if h == nil {
		return nil
	}
	return &Histogram{Bounds: slices.Clone(h.Bounds), Counts: slices.Clone(h.Counts), Sum: h.Sum}
}
