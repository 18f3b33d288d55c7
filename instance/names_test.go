package instance_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// oddNames are names that somebody somewhere would take for something else.
func oddNames() []string {
	return []string{
		"a b", " a", "a ", "'a'", `"a"`, "`a`", "$(touch x)", "${a}", "a*", "*", "a?", "[ab]", "[!a]", "[", `a\b`, `\`, `\*`,
		"#a", "#123", "a%b", "%2e", ";a", "a&b", "a|b", "<a>", "-rf", "--delete", "-", "a\nb", "\n", "a\tb", "\r", "\x01\x1b[31m",
		"\xff\xfe", "caf\xe9", "café", "a\x80", `\#012`, `\#377\#376`, ".a", "...", "..a", "~", "~root", "a:b", "host:a", "rsync:", "+ a", "- *", "!",
		". a", "P a", "deleting x", "a -> b", "a => b", ".a.AbCdEf", ".~tmp~", "a~", strings.Repeat("x", 255), strings.Repeat("\xff", 255),
		strings.Repeat("ü", 127),
	}
}

// TestAnyNameIsMirrored: made, edited, given other attributes, renamed, deleted,
// as a file and as a folder.
func TestAnyNameIsMirrored(t *testing.T) {
	onStages(t, func(t *testing.T, s stage) {
		m := s.newMirror(t)
		m.start().settled()
		m.heard(s)
		each := func(do func(name string)) {
			for _, name := range oddNames() {
				do(name)
			}
			m.settled()
		}
		each(func(n string) {
			m.put("files/"+n, "1")
			m.put("folders/"+n+"/"+n, "2")
			m.must(os.Symlink(n, m.src("files/link to "+n[:min(len(n), 200)])))
		})
		each(func(n string) {
			m.put("files/"+n, "edited")
			m.must(os.Chmod(m.src("folders/"+n), 0o700))
		})
		each(func(n string) { m.must(os.Rename(m.src("folders/"+n), m.src("files/"+n[:min(len(n), 250)]+".dir"))) })
		each(func(n string) { m.must(os.Remove(m.src("files/" + n))) })
	})
}

// TestDeletingANameDeletesNoOther: what is a pattern elsewhere is a name here.
func TestDeletingANameDeletesNoOther(t *testing.T) {
	onStages(t, func(t *testing.T, s stage) {
		m := s.newMirror(t)
		names := []string{"wild*", "wild1", "wildcat", "wild", `wild\*`, "wild?", "wild[1]", "wild\\1", "*", "?", "**", "***"}
		for _, n := range names {
			m.put(n, "1")
			m.put("dirs/"+n+"/"+n, "1")
		}
		m.start().settled()
		for _, n := range names {
			if n == "wild1" || n == "wildcat" || n == "wild" {
				continue
			}
			m.must(os.Remove(m.src(n)))
			m.must(os.RemoveAll(m.src("dirs/" + n)))
			m.settled()
		}
		if !m.has(0, "wild1", "1") || !m.has(0, "dirs/wildcat/wildcat", "1") {
			t.Error("a sibling is gone")
		}
	})
}

// TestPathsNearTheLongest: up to what the kernel takes; longer ones can be made
// step by step, and rsync can't name those.
func TestPathsNearTheLongest(t *testing.T) {
	m := newMirror(t, 1)
	m.start().settled()
	part := strings.Repeat("p", 200)
	deep := strings.Repeat(part+"/", 16) // 3,216 bytes
	m.put(deep+"f", "1")
	m.settled()
	m.must(os.Remove(m.src(deep + "f")))
	m.settled()

	m.put("well", "1")
	m.dig(deep, 8, part)
	m.put("well too", "2")
	m.until("others are not held up", func() bool { return m.has(0, "well", "1") && m.has(0, "well too", "2") })
	m.until("the longer ones are on the fail list", func() bool {
		list := m.status().Targets[0].FailList
		return len(list) > 0 && strings.Contains(list[0].Reason, "more than the 4095 bytes")
	})
	m.must(os.RemoveAll(m.src(part)))
	m.settled()
}

// dig makes folders beneath one another, by way of the one before.
func (m *mirror) dig(in string, steps int, name string) {
	m.Helper()
	fd, err := unix.Open(m.src(in), unix.O_PATH|unix.O_DIRECTORY, 0)
	m.must(err)
	for range steps {
		m.must(unix.Mkdirat(fd, name, 0o755))
		next, err := unix.Openat(fd, name, unix.O_PATH|unix.O_DIRECTORY, 0)
		m.must(errors.Join(err, unix.Close(fd)))
		fd = next
	}
	m.must(unix.Close(fd))
}

// TestNamesOfRsyncsOwn: files that look like its temporary ones are files. A
// folder called as the one for partial files is not mirrored, and does no harm.
func TestNamesOfRsyncsOwn(t *testing.T) {
	m := newMirror(t, 1)
	m.put(".foo.AbCdEf", "1")
	m.put("foo", "1")
	m.start().settled()
	m.put("d/.foo.GhIjKl", "2")
	m.put("foo", "22")
	m.settled()
	m.must(os.Remove(m.src(".foo.AbCdEf")))
	m.settled()
	m.put("d/.rsync-partial/mine", "1")
	m.put("d/after", "1")
	m.settle()
	o := strictly
	o.Excluded = func(path string, dir bool) bool { return dir && filepath.Base(path) == ".rsync-partial" }
	m.alike(o)
	m.must(os.RemoveAll(m.src("d")))
	m.settled()
}

// TestRandomNames makes, edits, renames and deletes names of random bytes, and
// compares after each batch.
func TestRandomNames(t *testing.T) {
	m := newMirror(t, 1)
	m.start().settled()
	batches := 25
	if long() {
		batches = 5000
	}
	name := rapid.Custom(func(t *rapid.T) string {
		b := rapid.SliceOfN(rapid.ByteRange(1, 255), 1, 12).Draw(t, "name")
		n := strings.ReplaceAll(string(b), "/", "*")
		if n == "." || n == ".." || n == ".rsync-partial" {
			return "dots"
		}
		return n
	})
	for batch := range batches {
		for i := range 10 {
			m.shuffle(name.Example(batch*10+i), name.Example(batch*10+i+5000), i)
		}
		m.settle()
		m.alike(strictly)
		if t.Failed() {
			t.Fatalf("in batch %d", batch)
		}
	}
}

// shuffle does one thing to a name; what does not fit is not done.
func (m *mirror) shuffle(name, other string, what int) {
	m.Helper()
	path := m.src(name)
	switch what % 5 {
	case 0:
		_ = os.MkdirAll(filepath.Join(path, other), 0o755)
	case 1:
		_ = os.Rename(m.any(name), m.src(other))
	case 2:
		_ = os.RemoveAll(m.any(name))
	default:
		_ = os.WriteFile(path, []byte(fmt.Sprint(name, what)), 0o644)
	}
}

// any is something that is in the root of the tree, chosen by a name.
func (m *mirror) any(name string) string {
	m.Helper()
	list, err := os.ReadDir(m.source)
	m.must(err)
	if len(list) == 0 {
		return m.src(name)
	}
	return m.src(list[int(name[0])%len(list)].Name())
}
