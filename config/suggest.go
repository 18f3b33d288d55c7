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

// distance is the number of characters to insert, remove or replace to get
// from a to b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
