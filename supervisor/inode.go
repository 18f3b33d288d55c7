package supervisor

import (
	"io/fs"
	"syscall"
)

// inode is the number of a file on its file system; 0 when there is none.
func inode(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Ino
	}
	return 0
}
