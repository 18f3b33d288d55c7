// Package takeover finds what else mirrors folders on a machine, sersync, lsyncd
// and loops around inotifywait, and takes their start at boot away.
//
// It reads shell scripts well enough to know which lines start a program; it
// runs none of them. It ends no process, and it changes no file but rc.local
// and the like, after a copy was made.
package takeover

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// Report is what starts a mirror at boot.
type Report struct {
	Files     []File    // whose lines can be commented out
	Elsewhere []Mention // what a person has to look at
	Unread    []string  // files that only root may read
}

// File is a boot script with lines that start a mirror.
type File struct {
	Path          string // as it is called on its own system
	Lines         []Line
	real          string // where it is, links followed
	before, after []byte
	mode          fs.FileMode
}

// Line is a line, or several that belong together, that starts a mirror.
type Line struct {
	Number int    // of the first, from 1
	Text   string // without its indentation
	Starts string // what it starts: "sersync2", "lsyncd", "inotifywait in /opt/sync.sh"
	Also   bool   // it starts something else too, which will not be started either
	Stays  string // why it is left as it is; "" = it can be commented out
}

// Mention is a line outside the boot scripts.
type Mention struct {
	Path   string
	Number int
	Text   string
	Starts string
	Hint   string
}

// scripts are run by a shell at boot, on one distribution or another.
func scripts() []string {
	return []string{"/etc/rc.local", "/etc/rc.d/rc.local", "/etc/init.d/boot.local", "/etc/init.d/after.local", "/etc/local.d/*.start"}
}

// Find looks through the system in the folder root; "" is this one. Files that
// are not there are passed over.
func Find(root string) (Report, error) {
	var r Report
	seen := map[string]bool{}
	for _, pattern := range scripts() {
		names, err := filepath.Glob(root + pattern)
		if err != nil {
			return r, fmt.Errorf("look for boot scripts: %w", err)
		}
		for _, name := range names {
			f, err := read(root, name)
			if errors.Is(err, fs.ErrPermission) {
				r.Unread = append(r.Unread, name)
				continue
			}
			if err != nil {
				return r, err
			}
			if f != nil && !seen[f.real] && len(f.Lines) > 0 {
				seen[f.real] = true
				r.Files = append(r.Files, *f)
			}
		}
	}
	return r, r.elsewhere(root)
}

// read returns what one boot script starts, or nil when it is no script.
func read(root, name string) (*File, error) {
	real, err := resolve(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // a link to nowhere
	}
	if err != nil {
		return nil, err
	}
	if err := inside(root, real); err != nil {
		return nil, err
	}
	info, err := os.Stat(real)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at boot script: %w", err)
	}
	text, err := os.ReadFile(real)
	if err != nil {
		return nil, fmt.Errorf("read boot script: %w", err)
	}
	f := &File{Path: name[len(root):], real: real, before: text, mode: info.Mode()}
	f.after, f.Lines = silence(text, finder{root: root, depth: 1})
	return f, nil
}

// resolve follows a link by hand: one that is absolute means a place below
// root.
func resolve(root, name string) (string, error) {
	to, err := os.Readlink(name)
	if err != nil {
		return name, nil //nolint:nilerr // it is no link
	}
	if filepath.IsAbs(to) {
		return filepath.Join(root, to), nil
	}
	return filepath.Join(filepath.Dir(name), to), nil
}

// inside is the error for a path that leads out of another system by links, or
// nil: nothing of this one may be changed in its place.
func inside(root, path string) error {
	if root == "" {
		return nil
	}
	top, err := filepath.EvalSymlinks(root)
	if err != nil {
		return fmt.Errorf("look at the other system: %w", err)
	}
	to, err := filepath.EvalSymlinks(path)
	if err != nil || strings.HasPrefix(to, top+"/") {
		return nil //nolint:nilerr // what is not there is noticed later
	}
	return fmt.Errorf("%s leads out of %s, to %s", path, root, to)
}

// Changes says whether anything can be commented out.
func (f File) Changes() bool {
	return slices.ContainsFunc(f.Lines, func(l Line) bool { return l.Stays == "" })
}

// Idle says that no init system runs the script: it is not executable.
func (f File) Idle() bool { return f.mode&0o111 == 0 }

// Diff shows what [File.Apply] would change.
func (f File) Diff() []byte {
	_, text, _ := bytes.Cut(diff.Diff(f.Path, f.before, f.Path+" (new)", f.after), []byte("\n"))
	return text // without the command that nobody ran
}
