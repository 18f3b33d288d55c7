package watch

import "encoding/binary"

// blockSize is what an arena grows by. Offsets are a block's number above the
// position in it, so it is also the number of positions: 16 bits.
const (
	blockSize = 1 << 16
	blockBits = 16
)

// arena keeps folder names one after another in blocks without pointers, so
// that a name costs its bytes and two for its length, and the garbage
// collector has nothing to follow.
//
// Position 0 is never given out: it is the name of nothing.
type arena struct {
	blocks [][]byte
	live   int // bytes of names in use
	dead   int // bytes of names given back, still taking room
}

// put stores a copy of name and returns where it is. Names of up to 64 KB
// minus three bytes fit; the kernel's are at most 255 bytes on most file
// systems and three times that on a few.
func (a *arena) put(name []byte) uint32 {
	need := len(name) + 2
	last := len(a.blocks) - 1
	if last < 0 || len(a.blocks[last])+need > blockSize {
		a.blocks = append(a.blocks, offHeap(blockSize)[:1])
		last++
	}
	block := a.blocks[last]
	at := uint32(last)<<blockBits | uint32(len(block))
	block = binary.LittleEndian.AppendUint16(block, uint16(len(name)))
	a.blocks[last] = append(block, name...)
	a.live += need
	return at
}

// get returns the name at a position put gave out. The bytes belong to the
// arena and stay as they are until the arena is replaced.
func (a *arena) get(at uint32) []byte {
	block := a.blocks[at>>blockBits]
	from := int(at&(blockSize-1)) + 2
	return block[from : from+int(binary.LittleEndian.Uint16(block[from-2:]))]
}

// drop gives back the name at a position.
func (a *arena) drop(at uint32) {
	n := len(a.get(at)) + 2
	a.live -= n
	a.dead += n
}

// free gives the memory back. No name may be asked for any more.
func (a *arena) free() {
	for _, block := range a.blocks {
		giveBack(block)
	}
	a.blocks = nil
}

// wasteful reports whether more than half of it is names given back, so that
// copying the rest into a new one pays.
func (a *arena) wasteful() bool { return a.dead > blockSize && a.dead > a.live }
