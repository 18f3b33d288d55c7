package compare

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
)

// xattrs compares the extended attributes of two files or two folders.
func (c *comparison) xattrs(p pair) error {
	s, err := p.source.xattrs()
	if err != nil {
		return err
	}
	t, err := p.target.xattrs()
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for name := range s {
		names[name] = true
	}
	for name := range t {
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		sv, onSource := s[name]
		tv, onTarget := t[name]
		switch {
		case !onTarget:
			c.differ(p.path, "xattr %q missing on target", name)
		case !onSource:
			c.differ(p.path, "xattr %q extra on target", name)
		case !bytes.Equal(sv, tv):
			c.differ(p.path, "xattr %q %q/%q", name, sv, tv)
		}
	}
	return nil
}

// xattrs reads by way of an open descriptor: the path may be too long.
func (s side) xattrs() (map[string][]byte, error) {
	f, err := s.dir.Open(s.name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	path := fmt.Sprintf("/proc/self/fd/%d", f.Fd())
	list, err := grow(func(buf []byte) (int, error) { return syscall.Listxattr(path, buf) })
	if errors.Is(err, syscall.ENOTSUP) {
		return nil, nil // no file there has any
	}
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	values := map[string][]byte{}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		if name == "" {
			continue
		}
		value, err := grow(func(buf []byte) (int, error) { return syscall.Getxattr(path, name, buf) })
		if err != nil {
			return nil, fmt.Errorf("read %q: %w", name, err)
		}
		values[name] = value
	}
	return values, nil
}

// grow calls read with a larger buffer until the answer fits.
func grow(read func([]byte) (int, error)) ([]byte, error) {
	for size := 1 << 10; ; size *= 4 {
		buf := make([]byte, size)
		n, err := read(buf)
		if err == nil {
			return buf[:n], nil
		}
		if !errors.Is(err, syscall.ERANGE) || size > 1<<20 {
			return nil, err
		}
	}
}
