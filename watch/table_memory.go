package watch

import (
	"hash/maphash"
	"unsafe"
)

// take returns a fresh node for a watch and a name, in no folder yet.
func (t *table) take(wd int32, name []byte) uint32 {
	if t.free == 0 {
		t.grow()
	}
	id := t.free
	n := t.at(id)
	t.free = n.next
	*n = node{wd: wd, name: t.names.put(name)}
	t.count++
	return id
}

// grow adds a page of free nodes. Pages are never copied, so growing leaves no
// garbage behind; number 0 is left out because it means none.
func (t *table) grow() {
	first := uint32(len(t.pages) * nodesPerPage)
	page := offHeap(nodesPerPage * int(unsafe.Sizeof(node{})))
	t.pages = append(t.pages, unsafe.Slice((*node)(unsafe.Pointer(&page[0])), nodesPerPage))
	for id := first + nodesPerPage - 1; id > first; id-- {
		t.at(id).next, t.free = t.free, id
	}
	if first != 0 {
		t.at(first).next, t.free = t.free, first
	}
}

// compact copies the names still in use when most of the arena is not.
func (t *table) compact() {
	if !t.names.wasteful() {
		return
	}
	old := t.names
	t.names = arena{}
	t.each(func(id uint32) {
		n := t.at(id)
		n.name = t.names.put(old.get(n.name))
	})
	old.free()
}

// close gives the memory back. The table may not be used any more.
func (t *table) close() {
	t.names.free()
	for _, page := range t.pages {
		first := (*byte)(unsafe.Pointer(&page[0]))
		giveBack(unsafe.Slice(first, len(page)*int(unsafe.Sizeof(node{}))))
	}
	t.pages = nil
}

// each calls fn with every folder in no particular order. It must not add or
// remove any.
func (t *table) each(fn func(id uint32)) {
	for p := range t.pages {
		for i := range t.pages[p] {
			if t.pages[p][i].name != 0 {
				fn(uint32(p*nodesPerPage + i))
			}
		}
	}
}

// see marks a folder as visited.
func (t *table) see(id uint32) { t.at(id).up |= seenBit }

// unseeAll begins a visit of everything.
func (t *table) unseeAll() { t.each(func(id uint32) { t.at(id).up &^= seenBit }) }

// unseen returns the topmost folders that no one has seen since unseeAll, the
// root never being one.
func (t *table) unseen() []uint32 {
	var ids []uint32
	t.each(func(id uint32) {
		up := t.up(id)
		if id != rootNode && t.at(id).up&seenBit == 0 && (up == 0 || up == rootNode || t.at(up).up&seenBit != 0) {
			ids = append(ids, id)
		}
	})
	return ids
}

func (t *table) wdHash(id uint32) uint32 { return hashWd(t.at(id).wd) }

func (t *table) keyHash(id uint32) uint32 { return t.hashKey(t.up(id), t.names.get(t.at(id).name)) }

func (t *table) hashKey(parent uint32, name []byte) uint32 {
	h := maphash.Bytes(t.seed, name)
	return uint32(h>>32) ^ parent*0x9e3779b1
}

// hashWd spreads watch numbers, which the kernel counts up, over 32 bits.
func hashWd(wd int32) uint32 { return uint32(wd) * 0x9e3779b1 }
