package instance

import (
	"slices"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// firstRetry is when a path that failed alone is tried again; the wait doubles
// up to fail_log.retry_every.
const firstRetry = 2 * time.Second

// failing is the fail list of one target: paths that failed while others went
// through. They hold nothing back; the list is saved before the checkpoint
// passes them.
type failing struct {
	longest time.Duration // between two tries
	paths   map[string]*failure
	changed bool // since it was last saved
	news    int  // paths that were not on it when it was last told of
	came    tidings
	left    tidings
}

type failure struct {
	change.Change
	reason   string // rsync's own words
	attempts int
	first    time.Time
	last     time.Time
	next     time.Time
}

func newFailing(longest time.Duration) failing {
	return failing{longest: longest, paths: make(map[string]*failure)}
}

// note records that c failed at now.
func (f *failing) note(c change.Change, reason string, now time.Time) {
	c.Was = ""
	old := f.paths[c.Path]
	if old == nil {
		old = &failure{Change: c, first: now}
		f.paths[c.Path] = old
		f.news++
		f.came.add(c.Path)
	}
	if c.Scope > old.Scope {
		old.Scope = c.Scope
	}
	old.Quick = old.Quick && c.Quick
	old.reason, old.last = reason, now
	old.attempts++
	old.next = now.Add(f.wait(old.attempts))
	f.changed = true
}

func (f *failing) wait(attempts int) time.Duration {
	d := firstRetry
	for range attempts - 1 {
		if d *= 2; d >= f.longest {
			return f.longest
		}
	}
	return min(d, f.longest)
}

// clear forgets what c has answered: its own path, and with a tree everything
// beneath that failed before.
func (f *failing) clear(c change.Change) {
	if len(f.paths) == 0 {
		return
	}
	if old := f.paths[c.Path]; old != nil && c.Scope >= old.Scope {
		f.drop(c.Path)
	}
	if c.Scope != change.Tree {
		return
	}
	for p := range f.paths {
		if change.Within(p, c.Path) {
			f.drop(p)
		}
	}
}

func (f *failing) drop(path string) {
	delete(f.paths, path)
	f.changed = true
	f.left.add(path)
}

// tidings are paths to tell of: how many, and the first of them.
type tidings struct {
	first string
	count int64
}

func (n *tidings) add(path string) {
	if n.count++; n.count == 1 {
		n.first = path
	}
}

// due returns what is to be tried again at now. It is owed from now on only:
// the checkpoint has passed it.
func (f *failing) due(now time.Time) []change.Change {
	var out []change.Change
	for _, one := range f.paths {
		if one.next.After(now) {
			continue
		}
		one.next = now.Add(f.longest) // should the answer never come
		c := one.Change
		c.Since = now
		out = append(out, c)
	}
	return out
}

// wakeAt returns when the next one is due; the zero time when none is.
func (f *failing) wakeAt() time.Time {
	var t time.Time
	for _, one := range f.paths {
		if t.IsZero() || one.next.Before(t) {
			t = one.next
		}
	}
	return t
}

// list returns the failures, the most recent first.
func (f *failing) list() []failure {
	out := make([]failure, 0, len(f.paths))
	for _, one := range f.paths {
		out = append(out, *one)
	}
	slices.SortFunc(out, func(a, b failure) int { return b.last.Compare(a.last) })
	return out
}
