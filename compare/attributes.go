package compare

import (
	"fmt"
	"io/fs"
	"syscall"
	"time"
)

// attributes compares everything about one path but what is in a folder.
func (c *comparison) attributes(p pair) error {
	s, t := p.source.info.Mode(), p.target.info.Mode()
	if s.Type() != t.Type() {
		c.differ(p.path, "type %s/%s", kind(s), kind(t))
		return nil
	}
	c.numbers(p)
	switch {
	case s.Type() == fs.ModeSymlink:
		return c.linkTarget(p)
	case s.IsRegular():
		if err := c.contents(p); err != nil {
			return fmt.Errorf("read %q: %w", p.path, err)
		}
	}
	if c.o.Xattrs && (s.IsRegular() || s.IsDir()) {
		if err := c.xattrs(p); err != nil {
			return fmt.Errorf("extended attributes of %q: %w", p.path, err)
		}
	}
	return nil
}

// numbers compares what lstat(2) tells.
func (c *comparison) numbers(p pair) {
	s, t := stat(p.source), stat(p.target)
	if mode := permissions(s); mode != permissions(t) { // always 0777 for symbolic links
		c.differ(p.path, "mode %04o/%04o", mode, permissions(t))
	}
	if p.source.info.Mode()&fs.ModeDevice != 0 && s.Rdev != t.Rdev {
		c.differ(p.path, "device number %#x/%#x", s.Rdev, t.Rdev)
	}
	if c.o.Owners && (s.Uid != t.Uid || s.Gid != t.Gid) {
		c.differ(p.path, "owner %d:%d/%d:%d", s.Uid, s.Gid, t.Uid, t.Gid)
	}
	if c.timesCount(p) && s.Mtim.Sec != t.Mtim.Sec {
		c.differ(p.path, "time %s/%s", clock(p.source), clock(p.target))
	}
	if c.o.HardLinks && !p.source.folder() {
		c.hardLinks(p)
	}
}

func (c *comparison) timesCount(p pair) bool {
	if p.source.folder() {
		return c.o.DirTimes
	}
	return c.o.Times
}

func (c *comparison) linkTarget(p pair) error {
	s, err := p.source.dir.Readlink(p.source.name)
	if err != nil {
		return err
	}
	t, err := p.target.dir.Readlink(p.target.name)
	if err != nil {
		return err
	}
	if s != t {
		c.differ(p.path, "link target %q/%q", s, t)
	}
	return nil
}

// stat returns what the kernel told; on Linux it is always there.
func stat(s side) *syscall.Stat_t { return s.info.Sys().(*syscall.Stat_t) }

func permissions(st *syscall.Stat_t) uint32 { return st.Mode & 0o7777 }

func clock(s side) string { return s.info.ModTime().UTC().Format(time.RFC3339Nano) }

// kind names a type for people.
func kind(m fs.FileMode) string {
	switch m.Type() {
	case 0:
		return "file"
	case fs.ModeDir:
		return "folder"
	case fs.ModeSymlink:
		return "symbolic link"
	case fs.ModeNamedPipe:
		return "fifo"
	case fs.ModeSocket:
		return "socket"
	case fs.ModeDevice:
		return "block device"
	case fs.ModeDevice | fs.ModeCharDevice:
		return "character device"
	}
	return "unknown"
}
