package config

import "strings"

// Closest returns the candidate that differs from word by the fewest typing
// mistakes, or "" when none is near enough to be what was meant. Case does not
// count, nor does '-' in place of '_'.
func Closest(word string, candidates []string) string {
	best, fewest := "", max(1, (len(word)+1)/3)
	for _, c := range candidates {
		if d := distance(fold(word), fold(c)); d <= fewest && (best == "" || d < fewest) {
			best, fewest = c, d
		}
	}
	return best
}

func fold(word string) string {
	return strings.ReplaceAll(strings.ToLower(word), "-", "_")
}

// distance is the number of characters to insert, remove, replace or swap with
// the next to get from a to b (optimal string alignment).
func distance(a, b string) int {
	width := len(b) + 1
	rows := make([]int, (len(a)+1)*width)
	at := func(i, j int) *int { return &rows[i*width+j] }
	for i := range len(a) + 1 {
		for j := range width {
			switch {
			case i == 0 || j == 0:
				*at(i, j) = i + j
				continue
			case a[i-1] == b[j-1]:
				*at(i, j) = *at(i-1, j-1)
			default:
				*at(i, j) = 1 + min(*at(i-1, j-1), *at(i-1, j), *at(i, j-1))
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				*at(i, j) = min(*at(i, j), *at(i-2, j-2)+1)
			}
		}
	}
	return *at(len(a), len(b))
}
