package watch

import "golang.org/x/sys/unix"

// offHeap returns zeroed memory that is not the garbage collector's. The
// collector lets a heap grow to twice what is in use; for a table of a million
// folders that would be as much again for nothing. Where there is no such
// memory it is the heap's after all.
func offHeap(size int) []byte {
	b, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return make([]byte, size)
	}
	return b
}

// giveBack returns memory of offHeap, whole. What was the heap's is left to it.
func giveBack(b []byte) { _ = unix.Munmap(b[:cap(b)]) }
