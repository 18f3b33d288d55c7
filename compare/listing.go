package compare

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// listing goes through what is in one open folder and not excluded, sorted by
// name. It keeps names only and looks at an entry when its turn comes.
type listing struct {
	dir      string
	folder   *os.Root
	excluded func(path string, dir bool) bool
	names    []string // those after head
	head     side     // zero at the end
}

func (c *comparison) list(dir string, folder *os.Root) (*listing, error) {
	f, err := folder.Open(".")
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", dir, err)
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", dir, err)
	}
	slices.Sort(names)
	l := &listing{dir: dir, folder: folder, excluded: c.o.Excluded, names: names}
	return l, l.next()
}

func (l *listing) done() bool { return l.head.info == nil }

// next goes on to the following entry. One that is no longer there is left
// out, as if it had never been listed.
func (l *listing) next() error {
	for l.head = (side{}); len(l.names) > 0; {
		name := l.names[0]
		l.names = l.names[1:]
		s, err := look(l.folder, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return fmt.Errorf("look at %q: %w", join(l.dir, name), err)
		case l.excluded == nil || !l.excluded(join(l.dir, name), s.folder()):
			l.head = s
			return nil
		}
	}
	return nil
}
