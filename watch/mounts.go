package watch

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// mount is one line of /proc/self/mountinfo.
type mount struct {
	id    uint64
	fsdir string // the folder of its file system that is mounted
	point string // where, as an absolute path
	kind  string // type of file system
}

// bind reports whether it shows only a part of its file system.
func (m mount) bind() bool { return m.fsdir != "/" }

// parseMounts reads mountinfo. What does not look like a mount is left out.
func parseMounts(r io.Reader) ([]mount, error) {
	var list []mount
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if m, ok := parseMount(lines.Text()); ok {
			list = append(list, m)
		}
	}
	return list, lines.Err()
}

// parseMount reads "36 35 98:0 /dir /point options [tags] - type source …".
func parseMount(line string) (mount, bool) {
	before, after, ok := strings.Cut(line, " - ")
	fields := strings.Fields(before)
	if !ok || len(fields) < 6 {
		return mount{}, false
	}
	id, err := strconv.ParseUint(fields[0], 10, 64)
	kind, _, _ := strings.Cut(after, " ")
	return mount{id: id, fsdir: unescape(fields[3]), point: unescape(fields[4]), kind: kind}, err == nil
}

// unescape undoes the kernel's \040 for bytes that would end a field.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// mounts knows which file systems are mounted inside the tree, and which were
// and are not any more. It is owned by the goroutine in Run.
type mounts struct {
	file *os.File // mountinfo, for poll(2); nil where there is no /proc
	site *site
	here map[string]mount // by path in the tree
	ids  map[string]Identity
	gone map[string]absence
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
	m.file = file
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
			if st, err := statx(mt.point, unix.STATX_MNT_ID_UNIQUE); err == nil && st.Mnt_id != 0 {
				mt.id = st.Mnt_id
			}
			here[path] = mt
		}
	}
	return here
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

// lostPaths returns the places of mounts that are gone, sorted.
func (m *mounts) lostPaths() []string {
	paths := make([]string, 0, len(m.gone))
	for path := range m.gone {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	return paths
}

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
	sort.Strings(gone)
	sort.Slice(came, func(i, j int) bool { return came[i].path < came[j].path })
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
