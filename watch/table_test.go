package watch

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/syncsvc/syncsvc/change"
)

// plainTable is a table one cannot get wrong: a folder is a path, and there is
// a path for each watch. Detached folders have paths beneath "?<watch>".
type plainTable map[string]int32

func (p plainTable) move(from, to string) {
	for path, wd := range maps.Clone(p) {
		if change.Within(path, from) {
			delete(p, path)
			p[change.Rebase(path, from, to)] = wd
		}
	}
}

func (p plainTable) prune(top string) (gone []int32) {
	for path, wd := range maps.Clone(p) {
		if change.Within(path, top) {
			delete(p, path)
			gone = append(gone, wd)
		}
	}
	slices.Sort(gone)
	return gone
}

type tableModel struct {
	t     *table
	plain plainTable
	next  int32
}

func (m *tableModel) pick(rt *rapid.T, root bool) string {
	paths := slices.Sorted(maps.Keys(m.plain))
	paths = slices.DeleteFunc(paths, func(p string) bool { return strings.HasPrefix(p, "?") })
	if root {
		paths = append(paths, change.Root)
	}
	if len(paths) == 0 {
		rt.Skip("no folder")
	}
	return rapid.SampledFrom(paths).Draw(rt, "folder")
}

func (m *tableModel) name(rt *rapid.T) string {
	return rapid.SampledFrom([]string{"a", "b", "c", "\xff", strings.Repeat("long", 60)}).Draw(rt, "name")
}

func (m *tableModel) node(path string) uint32 {
	if wd, ok := m.plain[path]; ok {
		return m.t.watched(wd)
	}
	return rootNode
}

func (m *tableModel) add(rt *rapid.T) {
	dir, name := m.pick(rt, true), m.name(rt)
	path := change.Join(dir, name)
	if _, there := m.plain[path]; there {
		return
	}
	m.next++
	m.t.add(m.node(dir), []byte(name), m.next)
	m.plain[path] = m.next
}

func (m *tableModel) rename(rt *rapid.T) {
	from, dir, name := m.pick(rt, false), m.pick(rt, true), m.name(rt)
	to := change.Join(dir, name)
	if _, there := m.plain[to]; there {
		return
	}
	ok := m.t.move(m.node(from), m.node(dir), []byte(name))
	if beneath := change.Within(dir, from); ok == beneath {
		rt.Fatalf("move %q to %q said %v", from, to, ok)
	}
	if ok {
		m.plain.move(from, to)
	}
}

func (m *tableModel) exchange(rt *rapid.T) {
	a, b := m.pick(rt, false), m.pick(rt, false)
	if change.Within(a, b) || change.Within(b, a) {
		return
	}
	na, nb := m.node(a), m.node(b)
	dirA, nameA := split(a)
	dirB, nameB := split(b)
	upA, upB := m.node(dirA), m.node(dirB)
	m.t.detach(nb)
	if !m.t.move(na, upB, []byte(nameB)) || !m.t.move(nb, upA, []byte(nameA)) {
		rt.Fatalf("exchange of %q and %q refused", a, b)
	}
	m.plain.move(a, "?x")
	m.plain.move(b, a)
	m.plain.move("?x", b)
}

func (m *tableModel) detach(rt *rapid.T) {
	path := m.pick(rt, false)
	m.t.detach(m.node(path))
	m.plain.move(path, fmt.Sprintf("?%d", m.plain[path]))
}

func (m *tableModel) prune(rt *rapid.T) {
	path := rapid.SampledFrom(append(slices.Sorted(maps.Keys(m.plain)), "")).Draw(rt, "any folder")
	if path == "" {
		return
	}
	var got []int32
	for id, most := m.node(path), rapid.IntRange(1, 9).Draw(rt, "at a time"); ; {
		if m.t.prune(id, most, func(wd int32) { got = append(got, wd) }) {
			break
		}
	}
	slices.Sort(got)
	if d := cmp.Diff(m.plain.prune(path), got); d != "" {
		rt.Fatalf("prune of %q (-want +got):\n%s", path, d)
	}
}

func (m *tableModel) check(rt *rapid.T) {
	if got, want := m.t.len(), len(m.plain)+1; got != want {
		rt.Fatalf("holds %d, want %d", got, want)
	}
	for path, wd := range m.plain {
		id := m.t.watched(wd)
		if id == 0 {
			rt.Fatalf("%q: watch %d is not known", path, wd)
		}
		got, ok := m.t.path(id)
		if away := strings.HasPrefix(path, "?"); ok == away || (ok && got != path) {
			rt.Fatalf("watch %d is at %q, %v, want %q", wd, got, ok, path)
		}
		if ok && m.t.lookup(path) != id {
			rt.Fatalf("%q is %d, want %d", path, m.t.lookup(path), id)
		}
	}
	if m.t.watched(m.next+1) != 0 {
		rt.Fatal("knows a watch nobody added")
	}
}

func TestTableAgreesWithPlainOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &tableModel{t: newTable(1), plain: plainTable{}, next: 1}
		defer m.t.close()
		rt.Repeat(map[string]func(*rapid.T){
			"add": m.add, "add more": m.add, "rename": m.rename, "exchange": m.exchange,
			"detach": m.detach, "prune": m.prune, "": m.check,
		})
	})
}

func TestTableReusesItsMemory(t *testing.T) {
	tab := newTable(1)
	defer tab.close()
	var top uint32
	fill := func(wd int32) {
		top = tab.add(rootNode, []byte("top"), wd)
		for i := range int32(20_000) {
			tab.add(top, fmt.Appendf(nil, "folder-%d", i), wd+1+i)
		}
	}
	fill(2)
	pages, blocks := len(tab.pages), len(tab.names.blocks)
	for round := range int32(5) {
		tab.prune(top, tab.len(), func(int32) {})
		if tab.len() != 1 || len(tab.byWd.slots) > 10*smallestIndex {
			t.Fatalf("emptied, it holds %d folders and %d slots", tab.len(), len(tab.byWd.slots))
		}
		fill(100_000 * (round + 1))
	}
	if len(tab.pages) != pages || len(tab.names.blocks) > 2*blocks {
		t.Errorf("grew from %d pages and %d blocks to %d and %d", pages, blocks, len(tab.pages), len(tab.names.blocks))
	}
}

func TestSweepFindsTheTopmostUnseen(t *testing.T) {
	tab := newTable(1)
	defer tab.close()
	a := tab.add(rootNode, []byte("a"), 2)
	b := tab.add(rootNode, []byte("b"), 3)
	tab.add(b, []byte("c"), 4)
	lost := tab.add(a, []byte("d"), 5)
	tab.unseeAll()
	tab.see(a)
	got := tab.unseen()
	slices.Sort(got)
	if d := cmp.Diff([]uint32{b, lost}, got); d != "" {
		t.Errorf("unseen (-want +got):\n%s", d)
	}
}
