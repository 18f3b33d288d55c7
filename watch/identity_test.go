package watch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func identify(t *testing.T, root string) Identity {
	t.Helper()
	id, err := Identify(root)
	must(t, err)
	return id
}

func TestIdentitySurvivesARemount(t *testing.T) {
	for _, kind := range []string{"ext4", "xfs"} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			image := makeImage(t, kind, dir)
			point := filepath.Join(dir, "mnt")
			mkdir(t, point)
			under := identify(t, point)
			mountAt(t, kind, image, point)
			mkdir(t, point+"/root")
			before := identify(t, point+"/root")
			unmount(t, point)
			if identify(t, point) != under || under == before {
				t.Error("the folder beneath a mount is taken for the mount")
			}
			mountAt(t, kind, image, point)
			after := identify(t, point+"/root")
			if before != after || before.String() != after.String() {
				t.Errorf("%v became %v", before, after)
			}
			if !strings.HasPrefix(after.String(), "uuid:") && !strings.HasPrefix(after.String(), "fsid:") {
				t.Errorf("named by its device: %v", after)
			}
		})
	}
}

func TestFolderMadeAnewIsAnother(t *testing.T) {
	root := filepath.Join(t.TempDir(), "root")
	mkdir(t, root)
	before := identify(t, root)
	must(t, os.Remove(root))
	until(t, "the kernel's clock has ticked", func() bool {
		must(t, os.RemoveAll(root))
		mkdir(t, root+".later")
		defer os.Remove(root + ".later")
		return identify(t, root+".later").born != before.born
	})
	mkdir(t, root)
	if after := identify(t, root); before == after {
		t.Errorf("both are %v", after)
	}
}

func TestIdentityOfAnOpenFolderAndByALink(t *testing.T) {
	root := t.TempDir()
	must(t, os.Symlink(root, root+".link"))
	t.Cleanup(func() { os.Remove(root + ".link") })
	fd, err := unix.Open(root, unix.O_PATH|unix.O_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(fd)
	open, err := IdentifyFd(fd)
	must(t, err)
	if byName, byLink := identify(t, root), identify(t, root+".link"); open != byName || open != byLink {
		t.Errorf("%v, %v and %v are the same folder", open, byName, byLink)
	}
	if _, err := Identify(root + "/none"); err == nil {
		t.Error("no error for a folder that is not there")
	}
}

func TestChangeTimesAreTrustedWhereTheyAreKept(t *testing.T) {
	for _, kind := range disks() {
		t.Run(kind, func(t *testing.T) {
			if ok, why := TrustedTimes(mountDisk(t, kind)); !ok {
				t.Error(why)
			}
		})
	}
	if ok, why := TrustedTimes("/proc"); ok || why == "" {
		t.Errorf("/proc: %v, %q", ok, why)
	}
}

func TestRemoteFileSystemsAreKnown(t *testing.T) {
	for magic, want := range map[uint32]bool{
		unix.NFS_SUPER_MAGIC: true, unix.FUSE_SUPER_MAGIC: true, unix.CIFS_SUPER_MAGIC: true,
		unix.EXT4_SUPER_MAGIC: false, unix.OVERLAYFS_SUPER_MAGIC: false,
	} {
		if kind, remote := isRemote(magic); remote != want {
			t.Errorf("%#x is %q, remote %v", magic, kind, remote)
		}
	}
}
