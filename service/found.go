package service

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// state is what lies where the text belongs.
type state int

const (
	absent state = iota
	same         // the very text that would be written
	other        // another one
	masked       // a link to /dev/null
	empty        // nothing in it: an installation that was cut off
)

// found is what there is of the service already.
type found struct {
	state state
	// file is in force: the text of a package, else the one at Path, else "".
	file    string
	owner   string // the package that file belongs to, or ""
	tool    string // that manages the package: dpkg, rpm or apk
	vendor  string // the packaged text, even when the one at Path hides it
	current []byte // the text at Path
}

// packaged says that a package brings the text.
func (f found) packaged() bool { return f.vendor != "" }

// look finds out what is there. It does not follow a link at Path.
func (s *Service) look(ctx context.Context) (found, error) {
	root, err := s.open()
	if err != nil {
		return found{}, err
	}
	defer root.Close()
	var f found
	f.state, f.current, err = s.standing(root)
	if err != nil {
		return found{}, err
	}
	s.lookForVendor(ctx, root, &f)
	if len(s.scheme.vendor) == 0 && (f.state == same || f.state == other) {
		if f.owner, f.tool = s.owner(ctx, s.Path()); f.owner != "" {
			f.vendor = s.Path()
		}
	}
	switch f.state {
	case same, other:
		f.file = s.Path()
	case absent:
		f.file = f.vendor
	}
	return f, nil
}

// lookForVendor finds a packaged text. Where /lib is a link to /usr/lib it has
// two names, and the package manager knows it by one of them.
func (s *Service) lookForVendor(ctx context.Context, root *os.Root, f *found) {
	for _, pattern := range s.scheme.vendor {
		path := fmt.Sprintf(pattern, s.Name)
		info, err := root.Stat(path[1:])
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		f.vendor = cmp.Or(f.vendor, path)
		if f.owner, f.tool = s.owner(ctx, path); f.owner != "" {
			return
		}
	}
}

// standing looks at the one file that is ours to write.
func (s *Service) standing(root *os.Root) (state, []byte, error) {
	path := s.Path()[1:]
	info, err := root.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return absent, nil, nil
	case err != nil:
		return 0, nil, fmt.Errorf("look at %s: %w", s.Path(), err)
	case info.Mode().Type() == fs.ModeSymlink:
		if to, err := root.Readlink(path); err == nil && to == os.DevNull {
			return masked, nil, nil
		}
		return other, nil, nil
	case !info.Mode().IsRegular():
		return 0, nil, Hinted{fmt.Errorf("%s is not a file", s.Path()), "move it away"}
	case info.Size() == 0:
		return empty, nil, nil
	}
	current, err := root.ReadFile(path)
	if err != nil {
		return 0, nil, fmt.Errorf("read what is installed: %w", err)
	}
	want, err := s.Text()
	if err != nil {
		return 0, nil, err
	}
	if bytes.Equal(current, want) {
		return same, current, nil
	}
	return other, current, nil
}

// owner asks the package managers whose file it is. Those without a database
// here are not asked: rpm would make one.
func (s *Service) owner(ctx context.Context, path string) (name, tool string) {
	// NAME in capitals would become the service's.
	for _, m := range []struct {
		tool, database string
		argv           []string
		first, last    string // the package's name is between these
	}{
		{"dpkg", "/var/lib/dpkg", []string{"dpkg-query", "--admindir=" + s.Root + "/var/lib/dpkg", "--search", path}, "", ":"},
		{"rpm", "/var/lib/rpm", []string{"rpm", "--root", s.Root + "/", "--query", "--file", "--queryformat", "%{name}\n", path}, "", "\n"},
		{"apk", "/lib/apk/db", []string{"apk", "--root", s.Root + "/", "info", "--quiet", "--who-owns", path}, "", "\n"},
	} {
		if !exists(s.Root + m.database) {
			continue
		}
		out, err := s.tool(ctx, m.argv)
		if err != nil {
			continue
		}
		name, _, _ = strings.Cut(out, m.last)
		return strings.TrimSpace(name), m.tool
	}
	return "", ""
}

// removal is the command that takes a package away.
func (f found) removal() string {
	switch f.tool {
	case "dpkg":
		return "apt-get remove " + f.owner
	case "rpm":
		return "dnf remove " + f.owner
	case "apk":
		return "apk del " + f.owner
	}
	return "rm " + f.vendor
}
