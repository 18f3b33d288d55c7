// Package compare tells how two trees differ by reading both.
//
// It knows nothing of rsync or of the engine, so that it can serve as proof of
// their work. It changes nothing, follows no symbolic link and takes no
// shortcuts: two files are alike when every byte is. It does not wait for
// trees to become quiet; what changes while it reads may be reported.
package compare

import (
	"fmt"
	"os"
)

// defaultMax is enough to see a pattern in what is wrong.
const defaultMax = 1000

// Options say what counts as a difference. Names, types, permissions, sizes,
// link targets and device numbers always do.
type Options struct {
	// Excluded says whether a path, whose folders are all included, is left out
	// on both sides together with all that is in it. nil excludes nothing.
	Excluded func(path string, dir bool) bool
	// Spare says whether something that is only on the target may be there.
	// nil means that nothing may.
	Spare func(path string, dir bool) bool
	// Contents compares files byte by byte; otherwise equal sizes will do.
	Contents bool
	// Owners compares numeric users and groups.
	Owners bool
	// Times compares modification times of all but folders. Only whole seconds
	// count: not every file system keeps more, and a copier may leave a time
	// alone that is off by less.
	Times bool
	// DirTimes compares modification times of folders, likewise.
	DirTimes bool
	// HardLinks compares which names are the same file. It takes memory for
	// every file that has more than one name.
	HardLinks bool
	// Xattrs compares the extended attributes, access lists among them, of
	// files and folders.
	Xattrs bool
	// Max bounds the list of differences; the count goes on. Zero means 1,000.
	Max int
}

// Difference is one respect in which one path is not alike.
type Difference struct {
	// Path is relative to both roots; "." is the root itself.
	Path string
	// What names the respect, then what it is on the source and the target:
	// "mode 0644/0600". A folder that is missing or extra stands for all that
	// is in it.
	What string
}

// String returns both as one line, the path quoted as Go does: it may hold any
// bytes.
func (d Difference) String() string { return fmt.Sprintf("%q: %s", d.Path, d.What) }

// Count is what was compared.
type Count struct {
	// Folders, Files, Links (symbolic) and Others are those of the source, the
	// root included; what lies in a folder that is missing on the target is not
	// looked at.
	Folders, Files, Links, Others int64
	// Bytes is the size of all files of the source.
	Bytes int64
	// Differences counts also those that found no place in the list.
	Differences int64
}

// Trees compares two folders and all that is in them, and returns how they
// differ in the order of paths: a folder comes before its entries, and those
// are sorted by their bytes. It holds the names of the folders it is in, both
// sides, and nothing else that grows with the tree.
//
// A difference is no error; an error means that nothing is known.
func Trees(source, target string, o Options) ([]Difference, Count, error) {
	if o.Max == 0 {
		o.Max = defaultMax
	}
	s, err := os.OpenRoot(source)
	if err != nil {
		return nil, Count{}, fmt.Errorf("compare source: %w", err)
	}
	defer s.Close()
	t, err := os.OpenRoot(target)
	if err != nil {
		return nil, Count{}, fmt.Errorf("compare target: %w", err)
	}
	defer t.Close()
	c := newComparison(o)
	err = c.root(s, t)
	return c.found, c.count, err
}

// comparison is one call of Trees.
type comparison struct {
	o       Options
	found   []Difference
	count   Count
	links   links
	buffers [2][]byte
}

func newComparison(o Options) *comparison {
	return &comparison{o: o, links: newLinks(), buffers: newBuffers()}
}

// differ adds a difference.
func (c *comparison) differ(path, format string, args ...any) {
	c.count.Differences++
	if len(c.found) < c.o.Max {
		c.found = append(c.found, Difference{Path: path, What: fmt.Sprintf(format, args...)})
	}
}
