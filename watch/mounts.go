package watch

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// mountsEvery is how often the list of mounts is read without the kernel saying
// that it changed: under load it does not for one change in some hundreds (6.18).
const mountsEvery = 5 * time.Second

// mounts knows which file systems are mounted inside the tree, and which were
// and are not any more. It is owned by the goroutine in Run.
type mounts struct {
	file   *os.File // mountinfo, for poll(2); nil where there is no /proc
	site   *site
	here   map[string]mount // by path in the tree
	ids    map[string]Identity
	gone   map[string]absence
	looked time.Time // when the list was last read
}

// absence is a mount that was here.
type absence struct {
	was   Identity
	since time.Time
}

// openMounts opens the list of mounts before reading it, so that no change
// falls between.
func openMounts(s *site) (*mounts, error) {
	m := &mounts{site: s, ids: map[string]Identity{}, gone: map[string]absence{}}
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return m, fmt.Errorf("open the list of mounts: %w", err)
	}
	m.file, m.looked = file, time.Now()
	list, err := m.read()
	m.here = m.inside(list)
	for path := range m.here {
		m.ids[path] = m.identify(path)
	}
	return m, err
}

func (m *mounts) close() error {
	if m.file == nil {
		return nil
	}
	return m.file.Close()
}

// read returns all mounts there are, the uppermost last where several share a
// place.
func (m *mounts) read() ([]mount, error) {
	if m.file == nil {
		return nil, nil
	}
	data, err := readWhole(m.file)
	if err != nil {
		return nil, fmt.Errorf("read the list of mounts: %w", err)
	}
	return parseMounts(bytes.NewReader(data))
}

// readWhole reads a file of /proc from its beginning.
func readWhole(f *os.File) ([]byte, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return io.ReadAll(f)
}

// inside returns the uppermost mount of each place beneath the root, with the
// number that is never given out again where the kernel has one.
func (m *mounts) inside(list []mount) map[string]mount {
	here := map[string]mount{}
	for _, mt := range list {
		path, ok := m.site.rel(mt.point)
		if ok && path != change.Root && m.site.includes(path) {
			if id := mountAtPath(mt.point); id != 0 {
				mt.id = id
			}
			here[path] = mt
		}
	}
	return here
}

// mountAtPath returns the number of the mount a path is on, 0 when the kernel
// does not say.
func mountAtPath(path string) uint64 {
	st, err := statx(path, unix.STATX_MNT_ID_UNIQUE)
	if err != nil || st.Mask&unix.STATX_MNT_ID_UNIQUE == 0 {
		return 0
	}
	return st.Mnt_id
}

// doubtful reports whether the list should be read although the kernel has not
// said so: because a mount is not where it was, or because it is time.
func (m *mounts) doubtful(now time.Time) bool {
	for _, mt := range m.here {
		if id := mountAtPath(mt.point); id != 0 && id != mt.id {
			return true
		}
	}
	return now.Sub(m.looked) >= mountsEvery
}

func (m *mounts) identify(path string) Identity {
	id, err := Identify(m.site.abs(path))
	if err != nil {
		return Identity{}
	}
	return id
}

// at returns the mount at a path of the tree.
func (m *mounts) at(path string) (mount, bool) {
	mt, ok := m.here[path]
	return mt, ok
}

// lost reports whether a path lies in a mount that is not there any more.
func (m *mounts) lost(path string) bool {
	for place := range m.gone {
		if change.Within(path, place) {
			return true
		}
	}
	return false
}

// herePaths returns the places of mounts that are here, sorted.
func (m *mounts) herePaths() []string { return slices.Sorted(maps.Keys(m.here)) }

// lostPaths returns the places of mounts that are gone, sorted.
func (m *mounts) lostPaths() []string { return slices.Sorted(maps.Keys(m.gone)) }

// appeared is a mount that is new, or there again.
type appeared struct {
	path  string
	mount mount
	scope change.Scope
	since time.Time
}

// update compares with what was there before. A mount that comes back as the
// file system it was needs a scan from when it went; another one is all new.
// gone lists those that went, uppermost first; one that was replaced is in
// both lists.
func (m *mounts) update(list []mount, before, now time.Time) (gone []string, came []appeared) {
	here := m.inside(list)
	for path, old := range m.here {
		if new, ok := here[path]; !ok || new.id != old.id {
			m.gone[path] = absence{was: m.ids[path], since: before}
			delete(m.ids, path)
			gone = append(gone, path)
		}
	}
	for path, mt := range here {
		if old, ok := m.here[path]; !ok || mt.id != old.id {
			came = append(came, m.arrive(path, mt, now))
		}
	}
	m.here = here
	slices.Sort(gone)
	slices.SortFunc(came, func(a, b appeared) int { return strings.Compare(a.path, b.path) })
	return gone, came
}

func (m *mounts) arrive(path string, mt mount, now time.Time) appeared {
	a := appeared{path: path, mount: mt, scope: change.Tree, since: now}
	m.ids[path] = m.identify(path)
	if was, ok := m.gone[path]; ok {
		if was.was == m.ids[path] && was.was != (Identity{}) {
			a.scope, a.since = change.Scan, was.since
		}
		delete(m.gone, path)
	}
	return a
}
