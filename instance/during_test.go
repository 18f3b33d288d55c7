package instance_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// slowly makes the first target take at most so many bytes a second.
func (m *mirror) slowly(limit string) {
	m.urls[0] = "{url: " + strconv.Quote(m.urls[0]) + ", rsync: {bwlimit: " + limit + "}}"
}

// sending waits until a job of this kind is under way and returns it.
func (m *mirror) sending(what string, bytes int64) (j control.Job) {
	m.Helper()
	m.until("a "+what+" job is under way", func() bool {
		for _, j = range m.status().Targets[0].Transfers {
			if j.What == what && j.Bytes >= bytes {
				return true
			}
		}
		return false
	})
	return j
}

// TestChangesDuringTheFullSync: rsync lists a folder long before it comes to
// its files and deletes by that list, so that what is sent meanwhile has to be
// sent again.
func TestChangesDuringTheFullSync(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.slowly("3m")
	const folders = 60
	for i := range folders {
		for j := range 20 {
			m.blob(fmt.Sprintf("d%02d/f%d", i, j), 10_000)
		}
	}
	m.start()
	m.until("it is at it", func() bool { return m.has(0, "d01/f1", m.text("d01/f1")) })
	for i := range folders {
		dir := fmt.Sprintf("d%02d/", i)
		m.put(dir+"new", "created meanwhile")
		m.put(dir+"sub/new", "created meanwhile")
		m.put(dir+"f3", "edited meanwhile")
		m.must(os.Remove(m.src(dir + "f4")))
		m.must(os.Rename(m.src(dir+"f5"), m.src(dir+"renamed")))
	}
	if st := m.status(); st.Targets[0].Counters.FullSyncs != 0 {
		t.Skip("the full sync was over too soon")
	}
	m.settled()
	if n := m.status().Targets[0].Counters.FullSyncs; n != 1 {
		t.Errorf("%d full syncs", n)
	}
}

// text is what a file of the source holds.
func (m *mirror) text(path string) string {
	m.Helper()
	b, err := os.ReadFile(m.src(path))
	m.must(err)
	return string(b)
}

func TestFileThatChangesWhileItIsSent(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.slowly("1m")
	m.start().settled()
	m.blob("big", 12<<20)
	m.sending("flat", 1<<20)
	m.put("small", "does not wait")
	m.until("the small one is there", func() bool { return m.has(0, "small", "does not wait") })
	if m.sending("flat", 0).Path != "big" {
		t.Error("the small one waited for the big one")
	}
	f, err := os.OpenFile(m.src("big"), os.O_WRONLY, 0)
	m.must(err)
	_, err = f.WriteAt([]byte("changed at the start"), 0)
	m.must(err)
	m.must(f.Close())
	m.settled()
	m.put("big", "short")
	m.settled()
}

func TestFileDeletedWhileItIsSentDoesNotReappear(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.slowly("1m")
	m.start().settled()
	for _, path := range []string{"big", "d/e/big"} {
		m.blob(path, 12<<20)
		m.sending("flat", 1<<20)
		began := time.Now()
		m.must(os.RemoveAll(m.src(strings.Split(path, "/")[0])))
		m.settled()
		t.Logf("%s was gone after %s", path, time.Since(began).Round(10*time.Millisecond))
	}
}

func TestFolderRenamedWhileAFileInItIsSent(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.slowly("1m")
	m.start().settled()
	m.blob("d/e/big", 8<<20)
	m.sending("flat", 1<<20)
	m.must(os.Rename(m.src("d"), m.src("other")))
	m.put("other/e/small", "1")
	m.settled()
}
