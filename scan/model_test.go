package scan

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// mirror is a tree in memory, by path: what a target holds.
type mirror map[string]node

// node is what a mirror has to get right about one name.
type node struct {
	Mode  fs.FileMode
	Mtime int64  // ns; not of folders, whose times a push brings along
	Text  string // contents, or where a link leads
}

// mirrorOf reads the tree of a plot.
func mirrorOf(p *plot) mirror {
	p.t.Helper()
	m := mirror{}
	p.must(filepath.WalkDir(p.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(p.root, path)
		if err != nil {
			return err
		}
		m[rel], err = nodeOf(path)
		return err
	}))
	return m
}

func nodeOf(path string) (node, error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return node{}, err
	}
	n := node{Mode: fs.FileMode(st.Mode)}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return n, nil
	case unix.S_IFLNK:
		link, err := os.Readlink(path)
		n.Text = link
		return n, err
	}
	n.Mtime = st.Mtim.Nano()
	text, err := os.ReadFile(path)
	n.Text = string(text)
	return n, err
}

func (n node) folder() bool { return n.Mode&unix.S_IFMT == unix.S_IFDIR }

// same is rsync's quick check.
func (n node) same(o node) bool {
	const second = 1e9
	return n.Mode&unix.S_IFMT == o.Mode&unix.S_IFMT && len(n.Text) == len(o.Text) && n.Mtime/second == o.Mtime/second
}

// push does to a target what rsync is asked to do for one change, and not a
// bit more.
func (m mirror) push(source mirror, c change.Change) {
	if c.Scope == change.Tree {
		m.removeBeneath(c.Path)
	}
	m.put(source, c.Path, c.Quick)
	if c.Scope == change.Entry {
		return
	}
	for path := range source {
		inside := path != c.Path && change.Within(path, c.Path)
		if inside && (c.Scope == change.Tree || change.Parent(path) == c.Path) {
			m.put(source, path, c.Quick)
		}
	}
	for path := range m {
		if _, ok := source[path]; !ok && path != c.Path && change.Parent(path) == c.Path {
			m.removeBeneath(path)
			delete(m, path)
		}
	}
}

// put copies one name without what is in it.
func (m mirror) put(source mirror, path string, quick bool) {
	want, exists := source[path]
	if !exists || !want.folder() {
		m.removeBeneath(path)
	}
	if !exists {
		delete(m, path)
		return
	}
	if has, ok := m[path]; ok && quick && want.same(has) && !want.folder() {
		want.Text = has.Text
	}
	m[path] = want
}

func (m mirror) removeBeneath(dir string) {
	for path := range m {
		if path != dir && (dir == change.Root || strings.HasPrefix(path, dir+"/")) {
			delete(m, path)
		}
	}
}
