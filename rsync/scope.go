package rsync

import (
	"slices"
	"strings"
)

// scope knows which paths a job is about.
type scope struct {
	whole  map[string]bool // roots and listings, "." among them
	named  map[string]bool // entries
	sorted []string        // both, sorted, for what lies beneath a folder
}

func newScope(j Job) *scope {
	s := &scope{whole: map[string]bool{}, named: map[string]bool{}}
	for _, p := range j.Paths {
		switch path := clean(p); {
		case j.Tree || strings.HasSuffix(p, "/"):
			s.whole[path] = true
		default:
			s.named[path] = true
		}
		s.sorted = append(s.sorted, clean(p))
	}
	slices.Sort(s.sorted)
	return s
}

// covers reports whether rsync may have had to do with path: because it was
// asked for, lies in something asked for (as what is deleted with a folder
// does), or leads to it.
func (s *scope) covers(path string) bool {
	if path == "." || s.whole["."] || len(s.beneath(path)) > 0 {
		return true
	}
	for {
		if s.whole[path] || s.named[path] {
			return true
		}
		if path = parent(path); path == "." {
			return false
		}
	}
}

// beneath returns the job's own paths that lie strictly inside folder.
func (s *scope) beneath(folder string) []string {
	from, _ := slices.BinarySearch(s.sorted, folder+"/")
	to := from
	for to < len(s.sorted) && strings.HasPrefix(s.sorted[to], folder+"/") {
		to++
	}
	return s.sorted[from:to]
}
