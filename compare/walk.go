package compare

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// pair is the same path on both sides.
type pair struct {
	path           string
	source, target side
}

// side is one of the two: a name in an open folder, so that no path is ever
// too long and no symbolic link is followed.
type side struct {
	dir  *os.Root
	name string
	info fs.FileInfo
}

func look(dir *os.Root, name string) (side, error) {
	info, err := dir.Lstat(name)
	return side{dir: dir, name: name, info: info}, err
}

func (s side) folder() bool { return s.info.IsDir() }

// root compares the two roots and all that is in them.
func (c *comparison) root(source, target *os.Root) error {
	p := pair{path: "."}
	var err error
	if p.source, err = look(source, "."); err != nil {
		return fmt.Errorf("compare source: %w", err)
	}
	if p.target, err = look(target, "."); err != nil {
		return fmt.Errorf("compare target: %w", err)
	}
	c.tally(p.source)
	if err := c.attributes(p); err != nil {
		return err
	}
	return c.entries(".", source, target)
}

// entries compares the entries of two open folders, name by name.
func (c *comparison) entries(dir string, source, target *os.Root) error {
	s, err := c.list(dir, source)
	if err != nil {
		return fmt.Errorf("compare source: %w", err)
	}
	t, err := c.list(dir, target)
	if err != nil {
		return fmt.Errorf("compare target: %w", err)
	}
	for err == nil && (!s.done() || !t.done()) {
		switch {
		case t.done() || !s.done() && s.head.name < t.head.name:
			c.tally(s.head)
			c.differ(join(dir, s.head.name), "missing on target")
			err = s.next()
		case s.done() || t.head.name < s.head.name:
			c.extra(join(dir, t.head.name), t.head)
			err = t.next()
		default:
			p := pair{join(dir, s.head.name), s.head, t.head}
			err = errors.Join(c.both(p), s.next(), t.next())
		}
	}
	return err
}

func (c *comparison) extra(path string, t side) {
	if c.o.Spare == nil || !c.o.Spare(path, t.folder()) {
		c.differ(path, "extra on target")
	}
}

// both compares one path that is on both sides, and what is in it.
func (c *comparison) both(p pair) error {
	c.tally(p.source)
	err := c.attributes(p)
	if err == nil && p.source.folder() && p.target.folder() {
		err = c.inside(p)
	}
	if errors.Is(err, fs.ErrNotExist) {
		c.differ(p.path, "changed while it was compared")
		return nil
	}
	return err
}

// inside compares what is in a folder.
func (c *comparison) inside(p pair) error {
	s, err := p.source.dir.OpenRoot(p.source.name)
	if err != nil {
		return fmt.Errorf("compare source: open %q: %w", p.path, err)
	}
	defer s.Close()
	t, err := p.target.dir.OpenRoot(p.target.name)
	if err != nil {
		return fmt.Errorf("compare target: open %q: %w", p.path, err)
	}
	defer t.Close()
	return c.entries(p.path, s, t)
}

// tally counts one path of the source.
func (c *comparison) tally(s side) {
	switch mode := s.info.Mode(); {
	case mode.IsDir():
		c.count.Folders++
	case mode.IsRegular():
		c.count.Files++
		c.count.Bytes += s.info.Size()
	case mode.Type() == fs.ModeSymlink:
		c.count.Links++
	default:
		c.count.Others++
	}
}

func join(dir, name string) string {
	if dir == "." {
		return name
	}
	return dir + "/" + name
}
