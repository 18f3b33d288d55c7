package watch

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// mirror is what a target would hold that follows each change at once. It keeps
// a description of every entry rather than the entry.
type mirror struct {
	root     string
	excluded func(path string, dir bool) bool
	entries  map[string]string
}

func newMirror(root string, excluded func(string, bool) bool) *mirror {
	if excluded == nil {
		excluded = func(string, bool) bool { return false }
	}
	return &mirror{root: root, excluded: excluded, entries: map[string]string{}}
}

func (m *mirror) follow(c change.Change) {
	switch c.Scope {
	case change.Entry:
		m.entry(c.Path)
	case change.Listing:
		m.listing(c.Path)
	case change.Tree:
		m.tree(c.Path)
	case change.Scan:
		// The root's is what the tests of overflow and start-up look for
		// themselves; here it must not hide what was missed.
		if c.Path != change.Root {
			m.tree(c.Path)
		}
	}
}

// entry takes over one name, without what is in it.
func (m *mirror) entry(path string) {
	if m.excludes(path) {
		m.entries["excluded:"+path] = "told of"
		return
	}
	text, err := describe(filepath.Join(m.root, path))
	if err != nil || !strings.HasPrefix(text, "dir") {
		m.remove(path)
	}
	if err == nil {
		m.entries[path] = text
	}
}

func (m *mirror) tree(path string) {
	m.entry(path)
	for p := range m.entries {
		if p != path && change.Within(p, path) {
			delete(m.entries, p)
		}
	}
	m.walk(path, func(p, text string) { m.entries[p] = text })
}

// listing takes over a folder's own entries; folders among them without what
// is in them.
func (m *mirror) listing(path string) {
	m.entry(path)
	for p := range m.entries {
		if p != path && change.Parent(p) == path {
			m.entry(p)
		}
	}
	names, _ := os.ReadDir(filepath.Join(m.root, path))
	for _, name := range names {
		if p := change.Join(path, name.Name()); !m.excludes(p) {
			m.entry(p)
		}
	}
}

func (m *mirror) remove(path string) {
	for p := range m.entries {
		if change.Within(p, path) {
			delete(m.entries, p)
		}
	}
}

// excludes asks about every folder above too.
func (m *mirror) excludes(path string) bool {
	if path == change.Root {
		return false
	}
	for i := range len(path) {
		if path[i] == '/' && m.excluded(path[:i], true) {
			return true
		}
	}
	st, err := os.Lstat(filepath.Join(m.root, path))
	return err == nil && m.excluded(path, st.IsDir())
}

func (m *mirror) walk(path string, fn func(path, text string)) {
	top := filepath.Join(m.root, path)
	_ = filepath.WalkDir(top, func(abs string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // gone again
		}
		rel, _ := filepath.Rel(m.root, abs)
		if rel != change.Root && m.excluded(rel, d.IsDir()) {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if text, err := describe(abs); err == nil {
			fn(rel, text)
		}
		return nil
	})
}

// differences compares with what is there.
func (m *mirror) differences() []string {
	var out []string
	left := map[string]string{}
	for p, text := range m.entries {
		left[p] = text
	}
	m.walk(change.Root, func(p, text string) {
		if left[p] != text {
			out = append(out, fmt.Sprintf("%q is %q, should be %q", p, left[p], text))
		}
		delete(left, p)
	})
	for p, text := range left {
		out = append(out, fmt.Sprintf("%q is %q, should not be there", p, text))
	}
	sort.Strings(out)
	return out[:min(len(out), 12)]
}

// describe says what an entry is. A folder's own times are left out: nothing
// tells of them, and rsync sends them with what is in it.
func describe(path string) (string, error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return "", err
	}
	owner := fmt.Sprintf("%o %d:%d", st.Mode&0o7777, st.Uid, st.Gid)
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return "dir " + owner, nil
	case unix.S_IFLNK:
		to, err := os.Readlink(path)
		return "link " + to, err
	case unix.S_IFREG:
		data, err := os.ReadFile(path)
		return fmt.Sprintf("file %s %d %d %x %s", owner, st.Size, st.Mtim.Nano(), head(data), xattrs(path)), err
	}
	return fmt.Sprintf("special %o %d %s", st.Mode&unix.S_IFMT, st.Rdev, owner), nil
}

func head(data []byte) []byte { return data[:min(len(data), 64)] }

func xattrs(path string) string {
	buf := make([]byte, 256)
	n, err := unix.Getxattr(path, "user.test", buf)
	if err != nil {
		return ""
	}
	return string(buf[:n])
}
