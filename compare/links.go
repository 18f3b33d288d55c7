package compare

// inode identifies a file on one side.
type inode struct{ device, number uint64 }

// links remembers the first path of every file that has several names.
type links struct {
	source, target map[inode]string
}

func newLinks() links {
	return links{source: map[inode]string{}, target: map[inode]string{}}
}

// hardLinks compares which earlier path, if any, is the same file.
func (c *comparison) hardLinks(p pair) {
	s := first(c.links.source, p.source, p.path)
	t := first(c.links.target, p.target, p.path)
	if s != t {
		c.differ(p.path, "same file as %q/%q", s, t)
	}
}

// first returns the first path that was seen of a file.
func first(seen map[inode]string, s side, path string) string {
	st := stat(s)
	if st.Nlink < 2 {
		return path
	}
	id := inode{uint64(st.Dev), st.Ino}
	if earlier, ok := seen[id]; ok {
		return earlier
	}
	seen[id] = path
	return path
}
