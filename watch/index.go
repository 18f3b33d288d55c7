package watch

// index finds a node by something a node knows about itself: four bytes a
// slot, open addressing, no pointers. It stores node numbers only; who asks
// brings the hash and the comparison. 0 is an empty slot.
//
// It grows by half rather than twofold, which keeps it between 53 and 80 %
// full: an index that has just doubled would cost more than the names.
type index struct {
	slots []uint32
	used  int
}

const smallestIndex = 64

func (x *index) home(hash uint32) int {
	return int(uint64(hash) * uint64(len(x.slots)) >> 32)
}

func (x *index) after(i int) int {
	if i++; i < len(x.slots) {
		return i
	}
	return 0
}

// find returns the node with this hash that is the wanted one, or 0.
func (x *index) find(hash uint32, wanted func(id uint32) bool) uint32 {
	if len(x.slots) == 0 {
		return 0
	}
	for i := x.home(hash); x.slots[i] != 0; i = x.after(i) {
		if wanted(x.slots[i]) {
			return x.slots[i]
		}
	}
	return 0
}

// put stores a node that is not in it yet. hashOf is asked for the others when
// they have to move.
func (x *index) put(id uint32, hashOf func(id uint32) uint32) {
	if 5*(x.used+1) > 4*len(x.slots) {
		x.resize(max(smallestIndex, len(x.slots)+len(x.slots)/2), hashOf)
	}
	x.insert(id, hashOf(id))
}

func (x *index) insert(id, hash uint32) {
	i := x.home(hash)
	for x.slots[i] != 0 {
		i = x.after(i)
	}
	x.slots[i] = id
	x.used++
}

// del removes a node that is in it.
func (x *index) del(id uint32, hashOf func(id uint32) uint32) {
	i := x.home(hashOf(id))
	for x.slots[i] != id {
		i = x.after(i)
	}
	x.used--
	x.closeGap(i, hashOf)
	if len(x.slots) > smallestIndex && 5*x.used < len(x.slots) {
		x.resize(max(smallestIndex, 2*x.used), hashOf)
	}
}

// closeGap empties slot gap and moves up what was pushed past it, so that no
// tombstones are needed.
func (x *index) closeGap(gap int, hashOf func(id uint32) uint32) {
	for i := x.after(gap); x.slots[i] != 0; i = x.after(i) {
		home := x.home(hashOf(x.slots[i]))
		if x.distance(home, i) >= x.distance(gap, i) {
			x.slots[gap] = x.slots[i]
			gap = i
		}
	}
	x.slots[gap] = 0
}

// distance is how many steps it takes to walk from slot a to slot b.
func (x *index) distance(a, b int) int {
	if b >= a {
		return b - a
	}
	return b + len(x.slots) - a
}

func (x *index) resize(slots int, hashOf func(id uint32) uint32) {
	old := x.slots
	x.slots, x.used = make([]uint32, slots), 0
	for _, id := range old {
		if id != 0 {
			x.insert(id, hashOf(id))
		}
	}
}
