package instance_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// blob writes a file of the source that can't be compressed.
func (m *mirror) blob(path string, size int) {
	m.Helper()
	text := make([]byte, size)
	_, _ = rand.Read(text)
	m.put(path, string(text))
}

// album makes a folder of 20 MB in some twenty files; ten times as much in the
// long run.
func (m *mirror) album(name string) {
	m.Helper()
	times := 1
	if long() {
		times = 10
	}
	for i := range 20 * times {
		m.blob(fmt.Sprintf("%s/%d/%d", name, i%3, i), 1<<20)
	}
}

func (m *mirror) rename(from, to string) {
	m.Helper()
	m.mkdir(filepath.Dir(m.src(to)))
	m.must(os.Rename(m.src(from), m.src(to)))
}

func (m *mirror) exchange(a, b string) {
	m.Helper()
	m.must(unix.Renameat2(unix.AT_FDCWD, m.src(a), unix.AT_FDCWD, m.src(b), unix.RENAME_EXCHANGE))
}

// little is what a rename may need on the wire: less than what is renamed.
const little = 1 << 20

// cost is how many bytes on the wire it takes until the target has what do did.
func (m *mirror) cost(what string, do func()) int64 {
	m.Helper()
	before := m.traffic(0)
	do()
	m.settled()
	n := m.traffic(0) - before
	m.Logf("%s: %d bytes", what, n)
	return n
}

// cheaplyOrAgain undoes what was dear and does it again, a few times: see
// cheaplyInTheEnd.
func (m *mirror) cheaplyOrAgain(what string, do, undo func()) {
	m.Helper()
	for range 4 {
		if m.cost(what, do) <= little {
			return
		}
		undo()
		m.settled()
	}
	m.Errorf("%s: was sent again each time", what)
}

// cheaplyInTheEnd renames a folder from name to name, so many names at a time,
// until that needs little on the wire. On a machine under heavy load the two
// halves of a rename can be told so far apart that it is taken for something
// new and something gone, and a folder be renamed again while its last rename is
// being sent.
func (m *mirror) cheaplyInTheEnd(what string, atOnce int, names ...string) {
	m.Helper()
	cheap := false
	for len(names) > atOnce {
		n := m.cost(what, func() {
			for range atOnce {
				m.rename(names[0], names[1])
				names = names[1:]
			}
		})
		cheap = cheap || n <= little
	}
	if !cheap {
		m.Errorf("%s: was sent again each time", what)
	}
}

func TestRenamedFolderIsNotSentAgain(t *testing.T) {
	onKinds(t, func(t *testing.T, m *mirror) {
		m.mkdir(m.src("deep/down"))
		m.album("album")
		m.blob("photo", 5<<20)
		m.start().settled()
		m.cheaplyInTheEnd("renamed", 1, "album", "a", "b", "renamed")
		m.cheaplyOrAgain("into a deep new folder, and written to at once", func() {
			m.rename("renamed", "deep/down/here")
			m.put("deep/down/here/0/0", "changed")
			m.put("deep/down/here/new", "new")
		}, func() { m.rename("deep/down/here", "renamed") })
		m.cheaplyInTheEnd("the folder around it", 1, "deep/down", "over", "and-over", "up")
		if m.urls[0] == m.targets[0] {
			return // a local rsync copies rather than compares
		}
		m.cheaplyInTheEnd("a chain", 3, "up/here", "e", "f", "g", "h", "i", "j", "a", "b", "c")
		m.cheaplyInTheEnd("a big file in its folder", 1, "photo", "a photo", "a picture", "picture")
		m.cheaplyOrAgain("a big file to another folder", func() { m.rename("picture", "c/1/picture") },
			func() { m.rename("c/1/picture", "picture") })
	})
}

func TestRenameChainOverTime(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.album("a")
	m.start().settled()
	m.cheaplyOrAgain("renamed three times while nothing is sent", func() {
		m.post("/v1/pause", nil)
		for _, names := range [][2]string{{"a", "b"}, {"b", "c"}, {"c", "d"}} {
			m.rename(names[0], names[1])
			m.until("it is owed", func() bool { return m.status().Targets[0].Owed > 0 })
			m.seen()
		}
		m.post("/v1/resume", nil)
	}, func() { m.rename("d", "a") })
	m.cheaplyOrAgain("renamed to and fro", func() {
		m.post("/v1/pause", nil)
		m.rename("d", "e")
		m.seen()
		m.rename("e", "d")
		m.seen()
		m.post("/v1/resume", nil)
	}, func() {})
}

// seen waits until the instance has heard of everything so far.
func (m *mirror) seen() {
	m.Helper()
	before := m.status().Events
	m.put(".seen", time.Now().String())
	m.until("it has heard of it", func() bool { return m.status().Events > before })
}

func TestRenameWhileTheTargetIsAway(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.album("a")
	m.start().settled()
	m.cheaplyOrAgain("renamed while the target is away", func() {
		m.daemon.Stop()
		m.rename("a", "b")
		m.put("b/1/1", "changed")
		m.rename("b", "c")
		m.must(m.daemon.Restart())
	}, func() { m.rename("c", "a") })
}

func TestSwappedFoldersHaveTheirOwnContents(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	when := time.Unix(1_700_000_000, 0)
	for _, side := range []string{"left", "right"} {
		for i := range 10 {
			name := fmt.Sprintf("%s/sub/%d", side, i)
			m.put(name, strings.Repeat(side[:1], 100_000))
			m.must(os.Chtimes(m.src(name), when, when))
		}
		m.put(side+"/only-"+side, side)
	}
	m.start().settled()
	m.exchange("left", "right")
	m.settled()
	m.exchange("left/sub", "right/sub/../sub")
	m.settled()
	m.exchange("left/sub/1", "right/sub/1")
	m.rename("left/sub", "third")
	m.rename("right/sub", "left/sub")
	m.rename("third", "right/sub")
	m.settled()
}

func TestRenameOntoANameThatWasThere(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	when := time.Unix(1_700_000_000, 0)
	for _, side := range []string{"old", "new"} {
		m.put(side+"/f", strings.Repeat(side, 100_000))
		m.must(os.Chtimes(m.src(side+"/f"), when, when))
		m.put(side+"/only-"+side, side)
		m.put(side+".bin", strings.Repeat(side, 1_000_000))
		m.must(os.Chtimes(m.src(side+".bin"), when, when))
	}
	m.start().settled()
	m.must(os.RemoveAll(m.src("new")))
	m.rename("old", "new")
	m.rename("old.bin", "new.bin")
	m.settled()
	m.rename("new", "old")
	m.put("new/f", "another")
	m.rename("new.bin", "old.bin")
	m.put("new.bin", strings.Repeat("new", 1_000_000))
	m.settled()
}

// TestFolderTakesThePlaceOfALink: a rename job works in its folder on the target,
// and gets to it by whatever the target has there.
func TestFolderTakesThePlaceOfALink(t *testing.T) {
	for what, to := range map[string]string{"the folder itself": "link", "a folder above it": "link/deep/sub"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			m := newMirror(t, 1, "threads: 1") // or the link may be replaced meanwhile
			m.put("elsewhere/deep/f", "1")
			m.put("a/f", "2")
			m.put("a/g", "3")
			m.must(os.Symlink("elsewhere", m.src("link")))
			m.start().settled()
			m.post("/v1/pause", nil)
			m.must(os.Remove(m.src("link")))
			m.rename("a", to)
			m.seen()
			m.post("/v1/resume", nil)
			m.settled()
		})
	}
}

// TestExcludedFilesStayUnderTheOldName: what the rules exclude is no business
// of the mirror, on the target as on the source. rsync does not move it, and
// keeps the folder it lies in.
func TestExcludedFilesStayUnderTheOldName(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, `exclude: ["/old/private/", "*.tmp", "/new/anchored"]`)
	m.put("old/f", "1")
	m.put("old/x.tmp", "not sent")
	m.put("old/anchored", "was sent under the old name")
	m.put("old/private/f", "sent under the new name")
	m.start().settle()
	theirs := filepath.Join(m.targets[0], "old/theirs.tmp")
	m.must(os.WriteFile(theirs, []byte("theirs"), 0o644))
	m.rename("old", "new")
	m.settle()
	for path, want := range map[string]bool{
		"new/f": true, "new/private/f": true, "old/theirs.tmp": true,
		"new/x.tmp": false, "new/anchored": false, "old/f": false, "old/anchored": false,
	} {
		if _, err := os.Lstat(filepath.Join(m.targets[0], path)); (err == nil) != want {
			t.Errorf("%s on the target: %t, want %t", path, err == nil, want)
		}
	}
	if st := m.status(); st.Targets[0].Failing != 0 {
		t.Errorf("the fail list: %v", st.Targets[0].FailList)
	}
}

func TestRenameWithoutDeletions(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "delete: false")
	m.put("a/f", "1")
	m.blob("big", 1<<20)
	m.start().settle()
	m.rename("a", "b")
	m.rename("big", "b/big")
	m.put("b/f", "2")
	m.settle()
	if !m.has(0, "a/f", "1") || !m.has(0, "b/f", "2") {
		t.Error("want the old contents under the old name and the new ones under the new")
	}
	for _, name := range []string{"big", "b/big"} {
		if fi, err := os.Stat(filepath.Join(m.targets[0], name)); err != nil || fi.Size() != 1<<20 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
