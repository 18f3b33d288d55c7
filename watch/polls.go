package watch

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// mostPolled bounds how many folders are polled one by one. Beyond it the
// deepest are replaced by the folder they are in, in the end by the root.
const mostPolled = 256

// polled is a folder that, with all beneath it, is looked at now and then
// because no watch tells of it.
type polled struct {
	last  time.Time // when it was last told of; what changed before, was
	retry bool      // a watch may become possible
}

// polls is the part of the tree that is polled. It knows no clock. It is owned
// by the goroutine in Run, and by Open before.
type polls struct {
	every   time.Duration
	folders map[string]polled
}

func newPolls(every time.Duration) *polls {
	return &polls{every: every, folders: map[string]polled{}}
}

// add begins to poll a folder, everything in it being told of at since.
func (p *polls) add(path string, retry bool, since time.Time) {
	if p.covers(path) {
		return
	}
	p.fold(path, polled{last: since, retry: retry})
	for len(p.folders) > mostPolled {
		p.widen()
	}
}

// covers reports whether a folder is polled, by itself or with one above.
func (p *polls) covers(path string) bool {
	for dir := path; ; dir = change.Parent(dir) {
		if _, ok := p.folders[dir]; ok {
			return true
		}
		if dir == change.Root {
			return false
		}
	}
}

// fold adds a folder in place of those beneath it.
func (p *polls) fold(path string, f polled) {
	for sub, old := range p.folders {
		if change.Within(sub, path) {
			f.last = earlier(f.last, old.last)
			f.retry = f.retry && old.retry
			delete(p.folders, sub)
		}
	}
	p.folders[path] = f
}

// widen replaces the deepest folders by those they are in.
func (p *polls) widen() {
	deepest := 0
	for path := range p.folders {
		deepest = max(deepest, depth(path))
	}
	for path, f := range maps.Clone(p.folders) {
		if depth(path) == deepest {
			p.fold(change.Parent(path), f)
		}
	}
}

func depth(path string) int {
	if path == change.Root {
		return 0
	}
	return strings.Count(path, "/") + 1
}

// drop ends polling of a folder and those beneath it.
func (p *polls) drop(path string) {
	for sub := range p.folders {
		if change.Within(sub, path) {
			delete(p.folders, sub)
		}
	}
}

// rename follows a folder that was given another path.
func (p *polls) rename(old, path string) {
	for sub, f := range maps.Clone(p.folders) {
		if change.Within(sub, old) {
			delete(p.folders, sub)
			p.folders[change.Rebase(sub, old, path)] = f
		}
	}
}

// due returns a Scan, since the look before, of every folder whose time has
// come or that was not looked at after asked, and the paths of those a watch
// should be tried for again.
func (p *polls) due(now, asked time.Time) (scans []change.Change, retry []string) {
	for _, path := range p.paths() {
		f := p.folders[path]
		if f.last.Add(p.every).After(now) && f.last.After(asked) {
			continue
		}
		scans = append(scans, change.Change{Path: path, Scope: change.Scan, Since: f.last})
		if f.retry {
			retry = append(retry, path)
		}
		f.last = now
		p.folders[path] = f
	}
	return scans, retry
}

// paths returns the polled folders, sorted.
func (p *polls) paths() []string { return slices.Sorted(maps.Keys(p.folders)) }

// next returns when due will have something; zero when nothing is polled.
func (p *polls) next() time.Time {
	oldest := p.oldest()
	if oldest.IsZero() {
		return oldest
	}
	return oldest.Add(p.every)
}

// oldest returns the moment before which every change in a polled folder has
// been told of; zero when nothing is polled.
func (p *polls) oldest() time.Time {
	var first time.Time
	for _, f := range p.folders {
		first = earlier(first, f.last)
	}
	return first
}
