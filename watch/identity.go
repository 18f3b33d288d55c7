package watch

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Identity says which folder of which file system a root is. It survives a
// reboot and a remount, and differs when another disk is mounted in its place
// or the folder was made anew. The zero value is no folder.
//
// It does not tell a file system from its own clone or older snapshot.
type Identity struct {
	fs    string // "uuid:…", "fsid:…" or "dev:…"
	inode uint64
	born  int64 // nanoseconds since 1970; 0 when the file system does not say
}

// String returns it in a form that can be stored and compared.
func (id Identity) String() string {
	return fmt.Sprintf("%s/%d@%d", id.fs, id.inode, id.born)
}

// Identify returns the identity of the folder at root, following links.
func Identify(root string) (Identity, error) {
	fd, err := openat(unix.AT_FDCWD, root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != nil {
		return Identity{}, fmt.Errorf("identify %s: %w", root, err)
	}
	defer unix.Close(fd)
	return IdentifyFd(fd)
}

// IdentifyFd returns the identity of an open folder, which stays the caller's.
func IdentifyFd(fd int) (Identity, error) {
	var st unix.Statx_t
	if err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_INO|unix.STATX_BTIME, &st); err != nil {
		return Identity{}, fmt.Errorf("identify folder: %w", err)
	}
	id := Identity{inode: st.Ino}
	if st.Mask&unix.STATX_BTIME != 0 {
		id.born = st.Btime.Sec*1e9 + int64(st.Btime.Nsec)
	}
	var err error
	id.fs, err = identifyFS(fd, &st)
	return id, err
}

// identifyFS names the file system: by its UUID where the kernel tells it
// (6.9), else by f_fsid, which most derive from the UUID but xfs from the
// device number, else by the device number.
func identifyFS(fd int, st *unix.Statx_t) (string, error) {
	if uuid, ok := fsUUID(fd); ok {
		return "uuid:" + uuid, nil
	}
	var fs unix.Statfs_t
	if err := statfs(fd, &fs); err != nil {
		return "", fmt.Errorf("identify file system: %w", err)
	}
	if fs.Fsid.Val != [2]int32{} {
		return fmt.Sprintf("fsid:%08x%08x", uint32(fs.Fsid.Val[0]), uint32(fs.Fsid.Val[1])), nil
	}
	return fmt.Sprintf("dev:%d:%d", st.Dev_major, st.Dev_minor), nil
}

func statfs(fd int, fs *unix.Statfs_t) error {
	for {
		if err := unix.Fstatfs(fd, fs); err != unix.EINTR {
			return err
		}
	}
}

// getUUID is FS_IOC_GETFSUUID, _IOR(0x15, 0, struct fsuuid2).
const getUUID = 0x80111500

// fsUUID asks for the UUID. An O_PATH descriptor takes no ioctl, so the folder
// is opened through it; one that may not be read falls back.
func fsUUID(fd int) (string, bool) {
	dir, err := openat(fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != nil {
		return "", false
	}
	defer unix.Close(dir)
	var answer struct {
		size uint8
		uuid [16]byte
	}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(dir), getUUID, uintptr(unsafe.Pointer(&answer)))
	if errno != 0 || answer.size == 0 || answer.uuid == [16]byte{} {
		return "", false
	}
	return hex.EncodeToString(answer.uuid[:min(int(answer.size), 16)]), true
}

// fsidKey is f_fsid in the byte order fanotify reports it.
func fsidKey(fs *unix.Statfs_t) uint64 {
	var b [8]byte
	binary.NativeEndian.PutUint32(b[:], uint32(fs.Fsid.Val[0]))
	binary.NativeEndian.PutUint32(b[4:], uint32(fs.Fsid.Val[1]))
	return binary.NativeEndian.Uint64(b[:])
}
