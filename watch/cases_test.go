package watch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// deed is something done to a tree that a mirror has to follow.
type deed struct {
	name   string
	before func(t testing.TB, in func(string) string)
	do     func(t testing.TB, in func(string) string)
	// told lists paths that have to be told of, with a scope at least as wide.
	told map[string]change.Scope
}

func (d deed) run(t *testing.T, parent string, b Backend) {
	root, outside := filepath.Join(parent, "root"), filepath.Join(parent, "outside")
	mkdir(t, root)
	mkdir(t, outside)
	t.Cleanup(func() { _ = os.RemoveAll(root); _ = os.RemoveAll(outside) })
	in := func(path string) string {
		if rest, ok := strings.CutPrefix(path, "outside"); ok {
			return outside + rest
		}
		return filepath.Join(root, path)
	}
	if d.before != nil {
		d.before(t, in)
	}
	r := watched(t, Options{Root: root, Backend: b, Quiet: 200 * time.Millisecond, AtMost: time.Second})
	d.do(t, in)
	r.settle()
	r.same()
	got := r.take()
	for path, scope := range d.told {
		if !widely(find(got, path), scope) {
			t.Errorf("%q was told of as %v, want %v in %v", path, find(got, path), scope, got)
		}
	}
}

func widely(got []change.Change, scope change.Scope) bool {
	for _, c := range got {
		if c.Scope >= scope {
			return true
		}
	}
	return false
}

// deeds is every row of what the kernel was measured to say, and some editors.
var deeds = []deed{
	{
		name: "write a new file",
		do:   func(t testing.TB, in func(string) string) { write(t, in("a"), "1") },
		told: map[string]change.Scope{"a": change.Entry},
	},
	{
		name:   "overwrite with the same size",
		before: func(t testing.TB, in func(string) string) { write(t, in("a"), "1") },
		do:     func(t testing.TB, in func(string) string) { write(t, in("a"), "2") },
	},
	{
		name:   "open for writing and write nothing",
		before: func(t testing.TB, in func(string) string) { write(t, in("a"), "1") },
		do: func(t testing.TB, in func(string) string) {
			f, err := os.OpenFile(in("a"), os.O_WRONLY, 0)
			must(t, err)
			must(t, f.Close())
		},
		told: map[string]change.Scope{"a": change.Entry},
	},
	{
		name: "append and keep open",
		do: func(t testing.TB, in func(string) string) {
			f, err := os.Create(in("log"))
			must(t, err)
			t.Cleanup(func() { f.Close() })
			_, err = f.WriteString("one\n")
			must(t, err)
		},
		told: map[string]change.Scope{"log": change.Entry},
	},
	{
		name:   "truncate and allocate",
		before: func(t testing.TB, in func(string) string) { write(t, in("a"), "12345"); write(t, in("b"), "1") },
		do: func(t testing.TB, in func(string) string) {
			must(t, os.Truncate(in("a"), 2))
			fd, err := unix.Open(in("b"), unix.O_RDWR|unix.O_CLOEXEC, 0)
			must(t, err)
			must(t, unix.Fallocate(fd, 0, 0, 4096))
			must(t, unix.Close(fd))
		},
		told: map[string]change.Scope{"a": change.Entry, "b": change.Entry},
	},
	{
		name:   "change attributes",
		before: func(t testing.TB, in func(string) string) { write(t, in("a"), "1"); mkdir(t, in("d")) },
		do: func(t testing.TB, in func(string) string) {
			must(t, os.Chmod(in("a"), 0o4755))
			must(t, os.Chmod(in("d"), 0o700))
			must(t, os.Chown(in("a"), 1, 2))
			must(t, os.Chtimes(in("a"), time.Unix(1, 0), time.Unix(2, 0)))
			_ = unix.Setxattr(in("a"), "user.test", []byte("x"), 0)
			must(t, os.Chmod(in("."), 0o711))
		},
		told: map[string]change.Scope{"a": change.Entry, "d": change.Entry, ".": change.Entry},
	},
	{
		name:   "change the owner of a link",
		before: func(t testing.TB, in func(string) string) { must(t, os.Symlink("nowhere", in("l"))) },
		do:     func(t testing.TB, in func(string) string) { must(t, os.Lchown(in("l"), 1, 1)) },
		told:   map[string]change.Scope{"l": change.Entry},
	},
	{
		name: "make what is never closed",
		before: func(t testing.TB, in func(string) string) {
			write(t, in("outside/old"), "old")
			write(t, in("here"), "here")
		},
		do: func(t testing.TB, in func(string) string) {
			must(t, os.Symlink("dangling", in("link")))
			must(t, unix.Mkfifo(in("fifo"), 0o600))
			must(t, unix.Mknod(in("dev"), unix.S_IFCHR|0o600, int(unix.Mkdev(1, 3))))
			must(t, os.Link(in("outside/old"), in("hard")))
			must(t, os.Link(in("here"), in("hard2")))
		},
		told: map[string]change.Scope{"link": change.Entry, "fifo": change.Entry, "dev": change.Entry, "hard": change.Entry, "hard2": change.Entry},
	},
	{
		name:   "write to a file linked after it was opened nameless",
		before: func(t testing.TB, in func(string) string) { mkdir(t, in("d")); write(t, in("d/other"), "") },
		do: func(t testing.TB, in func(string) string) {
			fd, err := unix.Open(in("d"), unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o644)
			must(t, err)
			proc := "/proc/self/fd/" + itoa(fd)
			must(t, unix.Linkat(unix.AT_FDCWD, proc, unix.AT_FDCWD, in("d/named"), unix.AT_SYMLINK_FOLLOW))
			_, err = unix.Write(fd, []byte("late"))
			must(t, err)
			must(t, unix.Close(fd))
		},
		told: map[string]change.Scope{"d/named": change.Entry},
	},
	{
		name: "delete",
		before: func(t testing.TB, in func(string) string) {
			write(t, in("a"), "1")
			mkdir(t, in("d/e"))
			write(t, in("d/e/f"), "")
		},
		do: func(t testing.TB, in func(string) string) {
			must(t, os.Remove(in("a")))
			must(t, os.RemoveAll(in("d")))
		},
		told: map[string]change.Scope{"a": change.Entry, "d": change.Entry},
	},
	{
		name:   "delete and write again",
		before: func(t testing.TB, in func(string) string) { write(t, in("a"), "1") },
		do: func(t testing.TB, in func(string) string) {
			for range 20 {
				must(t, os.Remove(in("a")))
				write(t, in("a"), "2")
			}
		},
	},
	{
		name:   "write to a deleted file",
		before: func(t testing.TB, in func(string) string) { write(t, in("a"), "1") },
		do: func(t testing.TB, in func(string) string) {
			f, err := os.OpenFile(in("a"), os.O_WRONLY, 0)
			must(t, err)
			must(t, os.Remove(in("a")))
			_, err = f.WriteString("ghost")
			must(t, err)
			must(t, f.Close())
		},
	},
	{
		name:   "a folder in place of a file and back",
		before: func(t testing.TB, in func(string) string) { write(t, in("a"), "1"); mkdir(t, in("b/c")) },
		do: func(t testing.TB, in func(string) string) {
			must(t, os.Remove(in("a")))
			mkdir(t, in("a/b"))
			write(t, in("a/b/c"), "1")
			must(t, os.RemoveAll(in("b")))
			write(t, in("b"), "file")
		},
	},
	{
		name:   "rename a file",
		before: func(t testing.TB, in func(string) string) { write(t, in("a"), "1"); mkdir(t, in("d")) },
		do: func(t testing.TB, in func(string) string) {
			must(t, os.Rename(in("a"), in("d/b")))
			must(t, os.Rename(in("d/b"), in("c")))
		},
		told: map[string]change.Scope{"a": change.Entry, "c": change.Entry},
	},
	{
		name: "rename a folder and go on in it",
		before: func(t testing.TB, in func(string) string) {
			mkdir(t, in("a/b/c"))
			write(t, in("a/b/c/f"), "1")
		},
		do: func(t testing.TB, in func(string) string) {
			must(t, os.Rename(in("a"), in("z")))
			write(t, in("z/b/c/f"), "2")
			mkdir(t, in("z/b/new/er"))
			write(t, in("z/b/new/er/g"), "3")
		},
		told: map[string]change.Scope{"a": change.Entry, "z": change.Tree},
	},
	{
		name: "rename a folder over an empty one",
		before: func(t testing.TB, in func(string) string) {
			mkdir(t, in("a/b"))
			mkdir(t, in("z"))
		},
		do: func(t testing.TB, in func(string) string) {
			must(t, unix.Rename(in("a"), in("z")))
			write(t, in("z/b/f"), "2")
		},
	},
	{
		name: "move a folder down into another",
		before: func(t testing.TB, in func(string) string) {
			mkdir(t, in("a/b"))
			mkdir(t, in("c/d"))
		},
		do: func(t testing.TB, in func(string) string) {
			must(t, os.Rename(in("a/b"), in("b")))
			must(t, os.Rename(in("a"), in("b/a")))
			must(t, os.Rename(in("c/d"), in("b/a/d")))
			write(t, in("b/a/d/f"), "1")
		},
	},
	{
		name: "move a tree in",
		before: func(t testing.TB, in func(string) string) {
			mkdir(t, in("outside/t/u/v"))
			write(t, in("outside/t/u/v/f"), "1")
		},
		do: func(t testing.TB, in func(string) string) {
			must(t, os.Rename(in("outside/t"), in("t")))
			write(t, in("t/u/v/f"), "2")
			mkdir(t, in("t/u/v/w"))
			write(t, in("t/u/v/w/g"), "3")
		},
		told: map[string]change.Scope{"t": change.Tree},
	},
	{
		name: "move a tree out and write there",
		before: func(t testing.TB, in func(string) string) {
			mkdir(t, in("t/u"))
			write(t, in("t/u/f"), "1")
			write(t, in("f"), "1")
		},
		do: func(t testing.TB, in func(string) string) {
			must(t, os.Rename(in("t"), in("outside/t")))
			must(t, os.Rename(in("f"), in("outside/f")))
			write(t, in("outside/t/u/f"), "2")
			mkdir(t, in("t"))
			write(t, in("t/new"), "2")
		},
	},
	{
		name: "move a tree out and in again",
		before: func(t testing.TB, in func(string) string) {
			mkdir(t, in("t/u"))
			write(t, in("t/u/f"), "1")
		},
		do: func(t testing.TB, in func(string) string) {
			must(t, os.Rename(in("t"), in("outside/t")))
			mkdir(t, in("outside/t/u/x"))
			must(t, os.Rename(in("outside/t"), in("s")))
			write(t, in("s/u/x/f"), "2")
			write(t, in("s/u/f"), "2")
		},
	},
	{
		name: "swap two folders",
		before: func(t testing.TB, in func(string) string) {
			mkdir(t, in("a/aa"))
			mkdir(t, in("b/bb"))
			write(t, in("a/aa/f"), "a")
			write(t, in("b/bb/g"), "b")
		},
		do: func(t testing.TB, in func(string) string) {
			must(t, unix.Renameat2(unix.AT_FDCWD, in("a"), unix.AT_FDCWD, in("b"), unix.RENAME_EXCHANGE))
			write(t, in("b/aa/f"), "aa")
			write(t, in("a/bb/g"), "bb")
			write(t, in("a/bb/h"), "hh")
		},
		told: map[string]change.Scope{"a": change.Tree, "b": change.Tree},
	},
	{
		name: "swap a file and a folder",
		before: func(t testing.TB, in func(string) string) {
			write(t, in("a"), "a")
			mkdir(t, in("b/bb"))
		},
		do: func(t testing.TB, in func(string) string) {
			must(t, unix.Renameat2(unix.AT_FDCWD, in("a"), unix.AT_FDCWD, in("b"), unix.RENAME_EXCHANGE))
			write(t, in("a/bb/g"), "bb")
			write(t, in("b"), "changed")
		},
		told: map[string]change.Scope{"a": change.Tree, "b": change.Entry},
	},
	{
		name:   "save as vim does",
		before: func(t testing.TB, in func(string) string) { write(t, in("f"), "old") },
		do: func(t testing.TB, in func(string) string) {
			write(t, in("4913"), "")
			must(t, os.Remove(in("4913")))
			must(t, os.Rename(in("f"), in("f~")))
			write(t, in("f"), "new")
			must(t, os.Remove(in("f~")))
		},
	},
	{
		name:   "save as sed -i does",
		before: func(t testing.TB, in func(string) string) { write(t, in("f"), "old") },
		do: func(t testing.TB, in func(string) string) {
			write(t, in("sedXYZ"), "new")
			must(t, os.Rename(in("sedXYZ"), in("f")))
		},
	},
	{
		name: "awkward names",
		do: func(t testing.TB, in func(string) string) {
			for _, name := range awkward() {
				mkdir(t, in(name))
				write(t, in(name+"/"+name), name)
			}
		},
	},
}

func awkward() []string {
	return []string{
		" ", "a b", "\n", "\t", "'", `"`, "`", "$(x)", "*?[]", `\`, "#;&|<>", "-rf", "%s",
		"\xff\xfe", "#12", "x (deleted)", strings.Repeat("n", 255), "..x", "...", "\\040",
	}
}

func TestEveryDeedIsFollowed(t *testing.T) {
	eachDisk(t, func(t *testing.T, dir string, b Backend) {
		for i, d := range deeds {
			t.Run(strings.ReplaceAll(d.name, " ", "_"), func(t *testing.T) {
				t.Parallel()
				d.run(t, filepath.Join(dir, itoa(i)), b)
			})
		}
	})
}
