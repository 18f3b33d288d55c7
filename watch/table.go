package watch

import (
	"bytes"
	"hash/maphash"

	"github.com/syncsvc/syncsvc/change"
)

// rootNode is the number of the node that stands for the watch root; 0 is no
// node at all.
const rootNode uint32 = 1

// seenBit marks a node as visited by the walk in progress. It shares a word
// with the parent's number: a tree of two milliard folders is not expected.
const seenBit uint32 = 1 << 31

// node is one watched folder: 24 bytes, no pointers.
type node struct {
	wd    int32  // the kernel's number of its watch
	up    uint32 // the folder it is in, and seenBit; 0 when it is in none
	child uint32 // its first sub-folder
	next  uint32 // its neighbours in the same folder; next also links free nodes
	prev  uint32
	name  uint32 // in the arena; 0 when the node is free
}

// nodesPerPage is how many nodes are asked for at once: 96 KB.
const nodesPerPage = 4096

// table knows which watched folder each watch of the kernel stands for.
//
// The kernel names a watch by a number and a folder by the number of the watch
// and a name; paths change under it when a folder above is renamed. So a node
// holds only its own name and its parent, a rename of a folder with a million
// beneath it touches one node, and paths are put together when asked for.
//
// A detached node is in no folder: it was seen leaving and has not been seen
// arriving. What is beneath it stays beneath it.
type table struct {
	pages [][]node
	free  uint32 // first free node
	count int
	names arena
	byWd  index
	byKey index // by folder and name
	seed  maphash.Seed
	turns uint64 // moves with every change that can alter a path
}

// newTable returns a table that holds only the root, with its watch.
func newTable(wd int32) *table {
	t := &table{seed: maphash.MakeSeed()}
	t.grow()
	id := t.take(wd, nil)
	t.byWd.put(id, t.wdHash)
	return t
}

// len returns how many folders it holds, the root included.
func (t *table) len() int { return t.count }

func (t *table) at(id uint32) *node { return &t.pages[id/nodesPerPage][id%nodesPerPage] }

func (t *table) up(id uint32) uint32 { return t.at(id).up &^ seenBit }

// detached reports whether a node other than the root is in no folder.
func (t *table) detached(id uint32) bool { return id != rootNode && t.up(id) == 0 }

// watched returns the node of a watch, or 0.
func (t *table) watched(wd int32) uint32 {
	return t.byWd.find(hashWd(wd), func(id uint32) bool { return t.at(id).wd == wd })
}

// find returns the folder called name in parent, or 0.
func (t *table) find(parent uint32, name []byte) uint32 {
	return t.byKey.find(t.hashKey(parent, name), func(id uint32) bool {
		return t.up(id) == parent && bytes.Equal(t.names.get(t.at(id).name), name)
	})
}

// lookup returns the folder at a path, or 0.
func (t *table) lookup(path string) uint32 {
	id := rootNode
	for rest := []byte(path); path != change.Root && len(rest) > 0 && id != 0; {
		var name []byte
		name, rest, _ = bytes.Cut(rest, []byte{'/'})
		id = t.find(id, name)
	}
	return id
}

// add stores a new folder, which must not be there yet, nor its watch.
func (t *table) add(parent uint32, name []byte, wd int32) uint32 {
	id := t.take(wd, name)
	t.attach(id, parent)
	t.byWd.put(id, t.wdHash)
	return id
}

// move gives a folder, attached or not, another place, which must be empty. It
// refuses to put a folder beneath itself, which only a table that has missed
// an event is ever asked to.
func (t *table) move(id, parent uint32, name []byte) bool {
	for up := parent; up != 0; up = t.up(up) {
		if up == id {
			return false
		}
	}
	t.detach(id)
	t.names.drop(t.at(id).name)
	t.at(id).name = t.names.put(name)
	t.attach(id, parent)
	t.compact()
	return true
}

// detach takes a folder, with all beneath it, out of the folder it is in.
func (t *table) detach(id uint32) {
	n := t.at(id)
	up := t.up(id)
	if up == 0 {
		return
	}
	t.byKey.del(id, t.keyHash)
	if n.next != 0 {
		t.at(n.next).prev = n.prev
	}
	if n.prev != 0 {
		t.at(n.prev).next = n.next
	} else {
		t.at(up).child = n.next
	}
	n.up, n.next, n.prev = n.up&seenBit, 0, 0
	t.turns++
}

func (t *table) attach(id, parent uint32) {
	n, p := t.at(id), t.at(parent)
	n.up, n.next, n.prev = n.up&seenBit|parent, p.child, 0
	if p.child != 0 {
		t.at(p.child).prev = id
	}
	p.child = id
	t.byKey.put(id, t.keyHash)
	t.turns++
}

// prune forgets a folder and all beneath it, deepest first, and calls drop
// with each watch. It stops after most of them and reports whether nothing is
// left.
func (t *table) prune(id uint32, most int, drop func(wd int32)) bool {
	at := id
	for ; most > 0; most-- {
		for t.at(at).child != 0 {
			at = t.at(at).child
		}
		leaf, up := at, t.up(at)
		drop(t.at(leaf).wd)
		t.forget(leaf)
		if leaf == id {
			t.compact()
			return true
		}
		at = up
	}
	return false
}

func (t *table) forget(leaf uint32) {
	t.detach(leaf)
	t.byWd.del(leaf, t.wdHash)
	n := t.at(leaf)
	t.names.drop(n.name)
	*n = node{next: t.free}
	t.free = leaf
	t.count--
	t.turns++
}

// path puts together the path of a folder; false when it, or a folder above
// it, is detached.
func (t *table) path(id uint32) (string, bool) {
	if id == rootNode {
		return change.Root, true
	}
	size := 0
	for at := id; at != rootNode; at = t.up(at) {
		if at == 0 {
			return "", false
		}
		size += len(t.names.get(t.at(at).name)) + 1
	}
	buf := make([]byte, size)
	for at := id; at != rootNode; at = t.up(at) {
		name := t.names.get(t.at(at).name)
		buf[size-1] = '/'
		size -= len(name) + 1
		copy(buf[size:], name)
	}
	return string(buf[:len(buf)-1]), true
}
