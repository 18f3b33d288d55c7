package boot_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

const nobody = 65534

// awkwardTree makes a folder with everything in it that only a root with its
// rights intact can read, and make anew with mode, owner and attributes.
func awkwardTree(t *testing.T, dir string) {
	t.Helper()
	a := awkward{t, dir}
	a.folder("locked", 0o700, 1)
	a.folder("sticky", 0o1777, 0)
	for _, f := range []struct {
		name  string
		mode  uint32
		owner int
	}{
		{"plain", 0o644, 0},
		{"suid", 0o4755, 0},
		{"sgid", 0o2755, nobody},
		{"private", 0o600, nobody},
		{"unreadable", 0, nobody},
		{"locked/inside", 0o400, 1},
		{"sticky/somebody's", 0o644, 12345},
		{"capable", 0o755, 0},
		{"tagged", 0o644, 0},
	} {
		a.file(f.name, f.mode, f.owner)
	}
	a.attribute("capable", "security.capability", netRaw())
	a.attribute("tagged", "user.comment", []byte("of a user"))
	a.attribute("tagged", "trusted.comment", []byte("of root"))
	a.node("fifo", unix.S_IFIFO|0o600, 0)
	a.node("null", unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3)))
	a.node("loop", unix.S_IFBLK|0o660, int(unix.Mkdev(7, 0)))
	a.must("link", os.Link(a.path("plain"), a.path("second name")))
	a.must("link", os.Symlink("/nowhere/at all", a.path("dangling")))
}

type awkward struct {
	t   *testing.T
	dir string
}

func (a awkward) path(name string) string { return filepath.Join(a.dir, name) }

func (a awkward) must(what string, err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatalf("%s: %v", what, err)
	}
}

func (a awkward) folder(name string, mode uint32, owner int) {
	a.t.Helper()
	a.must("make a folder", os.MkdirAll(a.path(name), 0o755))
	a.own(name, mode, owner)
}

func (a awkward) file(name string, mode uint32, owner int) {
	a.t.Helper()
	a.must("make a file", os.WriteFile(a.path(name), []byte(name), 0o600))
	a.own(name, mode, owner)
}

func (a awkward) node(name string, mode uint32, device int) {
	a.t.Helper()
	a.must("make "+name, unix.Mknod(a.path(name), mode, device))
}

// own gives a file away before its mode is set, because that takes setuid off.
func (a awkward) own(name string, mode uint32, owner int) {
	a.t.Helper()
	a.must("give away", unix.Chown(a.path(name), owner, owner))
	a.must("set the mode", unix.Chmod(a.path(name), mode))
}

func (a awkward) attribute(name, key string, value []byte) {
	a.t.Helper()
	a.must("set "+key, unix.Setxattr(a.path(name), key, value, 0))
}

// netRaw is the attribute that "setcap cap_net_raw+ep" writes, see capabilities(7).
func netRaw() []byte {
	const revision2, effective, capNetRaw = 0x02000000, 1, 13
	v := make([]byte, 20)
	binary.LittleEndian.PutUint32(v, revision2|effective)
	binary.LittleEndian.PutUint32(v[4:], 1<<capNetRaw)
	return v
}
