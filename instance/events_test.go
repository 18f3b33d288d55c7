package instance_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// deed is one thing that can happen to a tree, in a folder of its own.
type deed struct {
	before func(d *scene) // what is there when the mirror starts
	do     func(d *scene)
}

// scene is the folder of one deed.
type scene struct {
	*mirror
	dir string
}

// at is a path in the scene's folder, on the disk.
func (d *scene) at(name string) string { return d.src(d.dir + "/" + name) }

// away is a path outside the tree, on the same file system.
func (d *scene) away(name string) string { return d.attic(d.dir + "." + name) }

func (d *scene) file(name, content string) { d.Helper(); d.put(d.dir+"/"+name, content) }

// files makes a file in a folder for each name, all of one size and one time.
func (d *scene) files(dir string, names ...string) {
	d.Helper()
	for _, n := range names {
		d.file(dir+"/"+n, strings.Repeat(dir+n, 8)[:16])
		d.must(os.Chtimes(d.at(dir+"/"+n), aged, aged))
	}
}

// open opens a file and leaves it open until the test ends.
func (d *scene) open(name string, flags int) *os.File {
	d.Helper()
	f, err := os.OpenFile(d.at(name), flags, 0o644)
	d.must(err)
	d.Cleanup(func() { f.Close() })
	return f
}

func (d *scene) write(f *os.File, text string) {
	d.Helper()
	_, err := f.WriteString(text)
	d.must(err)
}

func aFile(d *scene)   { d.file("f", "some text") }
func aFolder(d *scene) { d.files("d", "one", "two"); d.files("d/deep", "three") }

// TestEveryKindOfEvent: whatever happens in a tree, the trees are equal soon.
func TestEveryKindOfEvent(t *testing.T) {
	onStages(t, func(t *testing.T, s stage) {
		m := s.newMirror(t, `rsync: {args: ["-aX"]}`, "settle: {quiet: 200ms, at_most: 1s}")
		all := map[string]deed{}
		for _, some := range []map[string]deed{made(), changed(), moved(), replaced(), special(os.Getuid() == 0)} {
			for name, what := range some {
				all[name] = what
			}
		}
		m.mkdir(m.attic("."))
		for name, what := range all {
			m.mkdir(m.src(name))
			if what.before != nil {
				what.before(&scene{m, name})
			}
		}
		m.start().settled()
		m.heard(s)
		for name, what := range all {
			what.do(&scene{m, name})
		}
		m.settle()
		o := strictly
		o.Xattrs = true
		m.alike(o)
		if n := m.fullSyncs(); n != 1 {
			t.Errorf("%d full syncs, want only the first", n)
		}
	})
}

func made() map[string]deed {
	return map[string]deed{
		"made file":   {do: aFile},
		"made empty":  {do: func(d *scene) { d.file("f", "") }},
		"made folder": {do: func(d *scene) { d.mkdir(d.at("a/b/c/d/e/f")) }},
		"made sparse": {do: func(d *scene) {
			f := d.open("f", os.O_CREATE|os.O_WRONLY)
			d.must(f.Truncate(64 << 20))
			_, err := f.WriteAt([]byte("end"), 64<<20)
			d.must(err)
			d.must(f.Close())
		}},
		"made link":          {do: func(d *scene) { d.file("f", "1"); d.must(os.Symlink("f", d.at("l"))) }},
		"made dangling link": {do: func(d *scene) { d.must(os.Symlink("../no where", d.at("l"))) }},
		"made absolute link": {do: func(d *scene) { d.must(os.Symlink("/etc", d.at("l"))) }},
		"made hard link":     {before: aFile, do: func(d *scene) { d.must(os.Link(d.at("f"), d.at("g"))) }},
		"made nameless": {do: func(d *scene) {
			f := d.nameless()
			d.write(f, "before it had a name")
			d.name(f, "f")
			d.must(f.Close())
		}},
		"made nameless, written later": {do: func(d *scene) {
			f := d.nameless()
			d.name(f, "f")
			d.write(f, "after it had a name")
			d.must(f.Close())
		}},
		"opened, not written": {before: aFile, do: func(d *scene) { d.must(d.open("f", os.O_WRONLY).Close()) }},
		"never closed":        {do: func(d *scene) { d.write(d.open("f", os.O_CREATE|os.O_WRONLY), "line\n") }},
	}
}

func (d *scene) nameless() *os.File {
	d.Helper()
	fd, err := unix.Open(d.at("."), unix.O_TMPFILE|unix.O_WRONLY, 0o644)
	d.must(err)
	return os.NewFile(uintptr(fd), "nameless")
}

func (d *scene) name(f *os.File, name string) {
	d.Helper()
	d.must(unix.Linkat(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", f.Fd()), unix.AT_FDCWD, d.at(name), unix.AT_SYMLINK_FOLLOW))
}

func changed() map[string]deed {
	xattr := func(d *scene) { d.must(unix.Setxattr(d.at("f"), "user.colour", []byte("red"), 0)) }
	return map[string]deed{
		"edited":   {before: aFile, do: func(d *scene) { d.file("f", "another text") }},
		"appended": {before: aFile, do: func(d *scene) { d.write(d.open("f", os.O_APPEND|os.O_WRONLY), "more") }},
		"edited unseen": {before: aFile, do: func(d *scene) {
			st, err := os.Stat(d.at("f"))
			d.must(err)
			d.file("f", "same size")
			d.must(os.Chtimes(d.at("f"), st.ModTime(), st.ModTime()))
		}},
		"truncated":    {before: aFile, do: func(d *scene) { d.must(os.Truncate(d.at("f"), 3)) }},
		"grown":        {before: aFile, do: func(d *scene) { d.must(os.Truncate(d.at("f"), 1<<20)) }},
		"allocated":    {before: aFile, do: func(d *scene) { d.must(unix.Fallocate(int(d.open("f", os.O_RDWR).Fd()), 0, 0, 1<<20)) }},
		"mode of file": {before: aFile, do: func(d *scene) { d.must(os.Chmod(d.at("f"), 0o640)) }},
		"mode of folder": {before: aFolder, do: func(d *scene) {
			d.must(unix.Chmod(d.at("d"), 0o3770))
			d.must(unix.Chmod(d.at("d/deep"), 0o700))
		}},
		"time of file":   {before: aFile, do: func(d *scene) { d.must(os.Chtimes(d.at("f"), aged, aged)) }},
		"time of folder": {before: aFolder, do: func(d *scene) { d.must(os.Chtimes(d.at("d"), aged, aged)) }},
		"time of link": {
			before: func(d *scene) { d.must(os.Symlink("f", d.at("l"))) },
			do: func(d *scene) {
				at := unix.NsecToTimespec(aged.UnixNano())
				d.must(unix.UtimesNanoAt(unix.AT_FDCWD, d.at("l"), []unix.Timespec{at, at}, unix.AT_SYMLINK_NOFOLLOW))
			},
		},
		"attribute set":     {before: aFile, do: xattr},
		"attribute removed": {before: func(d *scene) { aFile(d); xattr(d) }, do: func(d *scene) { d.must(unix.Removexattr(d.at("f"), "user.colour")) }},
		"attribute of folder": {before: aFolder, do: func(d *scene) {
			d.must(unix.Setxattr(d.at("d"), "user.colour", []byte("blue"), 0))
		}},
	}
}

// special are the deeds that take root.
func special(root bool) map[string]deed {
	fifo := func(d *scene) { d.must(unix.Mkfifo(d.at("fifo"), 0o620)) }
	all := map[string]deed{
		"made fifo":   {do: fifo},
		"made socket": {do: func(d *scene) { d.must(unix.Mknod(d.at("socket"), unix.S_IFSOCK|0o600, 0)) }},
		"fifo renamed": {before: fifo, do: func(d *scene) {
			d.must(os.Rename(d.at("fifo"), d.at("other")))
		}},
		"fifo deleted": {before: fifo, do: func(d *scene) { d.must(os.Remove(d.at("fifo"))) }},
	}
	if !root {
		return all
	}
	null := int(unix.Mkdev(1, 3))
	all["made devices"] = deed{do: func(d *scene) {
		d.must(unix.Mknod(d.at("char"), unix.S_IFCHR|0o640, null))
		d.must(unix.Mknod(d.at("block"), unix.S_IFBLK|0o600, int(unix.Mkdev(7, 200))))
	}}
	all["device is another"] = deed{
		before: func(d *scene) { d.must(unix.Mknod(d.at("char"), unix.S_IFCHR|0o640, null)) },
		do: func(d *scene) {
			d.must(os.Remove(d.at("char")))
			d.must(unix.Mknod(d.at("char"), unix.S_IFCHR|0o640, int(unix.Mkdev(1, 5))))
		},
	}
	all["owner"] = deed{before: func(d *scene) { aFile(d); aFolder(d); d.must(os.Symlink("f", d.at("l"))) }, do: func(d *scene) {
		for _, name := range []string{"f", "d", "l"} {
			d.must(os.Lchown(d.at(name), 12345, 54321))
		}
	}}
	all["setuid"] = deed{before: func(d *scene) { aFile(d); d.file("g", "2") }, do: func(d *scene) {
		d.must(unix.Chmod(d.at("f"), 0o6755))
		d.must(os.Chown(d.at("g"), 1, 1)) // clears the bits, so that comes first
		d.must(unix.Chmod(d.at("g"), 0o4711))
	}}
	return all
}

// TestAttributesOfABigFile: a change of its mode does not send it again.
func TestAttributesOfABigFile(t *testing.T) {
	onStages(t, func(t *testing.T, s stage) {
		m := s.newMirror(t)
		m.must(os.WriteFile(m.src("big"), bytes.Repeat([]byte("0123456789abcdef"), 20<<16), 0o600))
		m.start().settled()
		m.heard(s)
		before := m.status().Targets[0].Counters.BytesSent
		m.must(os.Chmod(m.src("big"), 0o644))
		m.settled()
		m.must(os.Chtimes(m.src("big"), aged, aged))
		m.settled()
		if sent := m.status().Targets[0].Counters.BytesSent - before; sent > 1<<20 {
			t.Errorf("%d bytes were sent for a mode and a time", sent)
		}
	})
}

// TestFileThatKeepsGrowing: it is sent now and then while it is written to, and
// is whole in the end.
func TestFileThatKeepsGrowing(t *testing.T) {
	onStages(t, func(t *testing.T, s stage) {
		m := s.newMirror(t, "settle: {quiet: 1s, at_most: 1s}")
		m.start().settled()
		d := &scene{m, "."}
		f := d.open("log", os.O_CREATE|os.O_WRONLY)
		var end time.Time
		if long() {
			end = time.Now().Add(time.Minute)
		}
		seen := map[int64]bool{}
		m.until("the target has had several sizes of it", func() bool {
			d.write(f, "a line\n")
			if st, err := os.Stat(filepath.Join(m.targets[0], "log")); err == nil {
				seen[st.Size()] = true
			}
			return len(seen) > 2 && time.Now().After(end)
		})
		m.settled()
	})
}

// TestFileOfFiveGigabytes: sizes beyond 32 bits, and a small change in the
// middle.
func TestFileOfFiveGigabytes(t *testing.T) {
	if !long() {
		t.Skip("the long run has it")
	}
	m := newMirror(t, 1, `rsync: {args: ["-aS"]}`)
	m.start().settled()
	d := &scene{m, "."}
	f := d.open("big", os.O_CREATE|os.O_RDWR)
	d.must(f.Truncate(5 << 30))
	for _, at := range []int64{0, 1 << 31, 1 << 32, 5<<30 - 4} {
		_, err := f.WriteAt([]byte("mark"), at)
		d.must(err)
		m.settled()
	}
	d.must(f.Close())
	m.settled()
}

// TestStoreThroughAMapping: no kernel tells of it, so it is found when
// everything is compared.
func TestStoreThroughAMapping(t *testing.T) {
	m := newMirror(t, 1)
	m.put("f", strings.Repeat("-", 4096))
	m.must(os.Chtimes(m.src("f"), aged, aged))
	m.start().settled()
	f, err := os.OpenFile(m.src("f"), os.O_RDWR, 0)
	m.must(err)
	defer f.Close()
	page, err := unix.Mmap(int(f.Fd()), 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	m.must(err)
	defer func() { m.must(unix.Munmap(page)) }()
	page[7] = '+'
	m.must(unix.Msync(page, unix.MS_SYNC))
	m.post("/v1/sync", nil)
	m.until("the store is on the target", func() bool {
		b, err := os.ReadFile(filepath.Join(m.targets[0], "f"))
		return err == nil && bytes.Equal(b, page)
	})
	m.settled()
}
