package watch

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Magic numbers x/sys does not name.
const (
	zfsMagic    = 0x2fc12fc1
	gpfsMagic   = 0x47504653
	lustreMagic = 0x0bd00bd0
	vboxsfMagic = 0x786f4256
)

// fsMagic returns the type number of the file system a folder is on.
func fsMagic(path string) (uint32, error) {
	var fs unix.Statfs_t
	for {
		err := unix.Statfs(path, &fs)
		if err == nil {
			return uint32(fs.Type), nil
		}
		if err != unix.EINTR {
			return 0, fmt.Errorf("look at the file system of %s: %w", path, err)
		}
	}
}

// isRemote reports whether others can change a file system without our kernel
// knowing, and what it is called.
func isRemote(magic uint32) (string, bool) {
	switch magic {
	case unix.NFS_SUPER_MAGIC:
		return "nfs", true
	case unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC:
		return "cifs", true
	case unix.FUSE_SUPER_MAGIC:
		return "fuse", true
	case unix.AFS_SUPER_MAGIC, unix.CODA_SUPER_MAGIC, unix.NCP_SUPER_MAGIC, unix.OCFS2_SUPER_MAGIC,
		unix.CEPH_SUPER_MAGIC, unix.V9FS_MAGIC, gpfsMagic, lustreMagic, vboxsfMagic:
		return "network", true
	}
	return "", false
}

// TrustedTimes reports whether the file system at root keeps change times that
// a scan can rely on, and when not, why.
func TrustedTimes(root string) (ok bool, why string) {
	magic, err := fsMagic(root)
	if err != nil {
		return false, err.Error()
	}
	switch magic {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.TMPFS_MAGIC,
		unix.F2FS_SUPER_MAGIC, unix.OVERLAYFS_SUPER_MAGIC, unix.BCACHEFS_SUPER_MAGIC, zfsMagic:
		return true, ""
	case unix.MSDOS_SUPER_MAGIC, unix.EXFAT_SUPER_MAGIC:
		return false, "fat file systems keep no change times"
	}
	if kind, remote := isRemote(magic); remote {
		return false, "change times of a " + kind + " file system come from elsewhere"
	}
	return false, fmt.Sprintf("file system type %#x is not known to keep change times", magic)
}
