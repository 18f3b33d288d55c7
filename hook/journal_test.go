package hook

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// rest reads all that has not been read.
func (j *journal) rest(t testing.TB) []string {
	t.Helper()
	var paths []string
	for {
		e, _, ok, err := j.read()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return paths
		}
		paths = append(paths, e.Path)
	}
}

func mustOpen(t testing.TB, dir string) *journal {
	t.Helper()
	j, err := openJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		j.closeReader()
		if j.file != nil {
			j.file.Close()
		}
	})
	return j
}

func events(paths ...string) []Event {
	var list []Event
	for _, p := range paths {
		list = append(list, Event{Path: p, Kind: Sent, Time: time.Unix(0, 0)})
	}
	return list
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRecordsReadAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 300), func(b []byte) string { return string(b) })
		want := Event{
			Target: text.Draw(rt, "target"), Path: text.Draw(rt, "path"), Was: text.Draw(rt, "was"),
			Kind: rapid.SampledFrom([]Kind{Sent, Deleted, Renamed, Collapsed}).Draw(rt, "kind"),
			All:  rapid.Bool().Draw(rt, "all"), Dir: rapid.Bool().Draw(rt, "dir"),
			Size: rapid.Int64().Draw(rt, "size"), Count: rapid.Int64().Draw(rt, "count"),
			Time: time.Unix(0, rapid.Int64().Draw(rt, "time")),
		}
		record := appendRecord(nil, want)
		got, ok := decodeRecord(record[8:])
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			rt.Fatal(diff)
		}
	})
}

func TestWhatIsNotToldIsThereAfterACrash(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	must(t, j.append(events("a", "b", "c")))
	j.settle(1)
	must(t, j.save())
	must(t, j.append(events("d")))
	again := mustOpen(t, dir)
	if diff := cmp.Diff([]string{"b", "c", "d"}, again.rest(t)); diff != "" {
		t.Error(diff)
	}
	if again.next != 4 || again.waiting() != 3 {
		t.Errorf("next is %d, %d wait", again.next, again.waiting())
	}
}

// TestCutAnywhere cuts a journal at every byte: what is whole is kept, and
// events that come later are not mixed up with the rest.
func TestCutAnywhere(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	must(t, j.append(events("a", "b")))
	whole, err := os.ReadFile(j.path(0))
	must(t, err)
	for cut := range len(whole) {
		at := filepath.Join(t.TempDir(), fmt.Sprint(cut))
		must(t, os.Mkdir(at, 0o700))
		must(t, os.WriteFile(filepath.Join(at, filepath.Base(j.path(0))), whole[:cut], 0o600))
		k := mustOpen(t, at)
		must(t, k.append(events("new")))
		var want []string
		if cut >= len(whole)/2 {
			want = append(want, "a")
		}
		if diff := cmp.Diff(append(want, "new"), k.rest(t)); diff != "" {
			t.Fatalf("cut at %d: %s", cut, diff)
		}
	}
}

func TestJournalTakesNoMoreDiskThanWaits(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	long := string(make([]byte, 4000))
	for i := range 5000 {
		must(t, j.append(events(fmt.Sprint(i, long))))
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*"+segmentSuffix)); len(files) < 4 {
		t.Fatalf("%d files", len(files))
	}
	j.settle(4999)
	must(t, j.save())
	if files, _ := filepath.Glob(filepath.Join(dir, "*"+segmentSuffix)); len(files) != 1 {
		t.Errorf("%d files when one event waits", len(files))
	}
	again := mustOpen(t, dir)
	if got := again.rest(t); len(got) != 1 || got[0] != "4999"+long {
		t.Errorf("%d events", len(got))
	}
	again.settle(5000)
	must(t, again.save())
	if files, _ := filepath.Glob(filepath.Join(dir, "*"+segmentSuffix)); len(files) != 0 {
		t.Errorf("%d files when nothing waits", len(files))
	}
	must(t, again.append(events("x")))
	if diff := cmp.Diff([]string{"x"}, again.rest(t)); diff != "" {
		t.Error(diff)
	}
	last := mustOpen(t, dir)
	if diff := cmp.Diff([]string{"x"}, last.rest(t)); diff != "" || last.next != 5001 {
		t.Error(diff, last.next)
	}
}

// TestDamageCostsOneFile breaks a byte in the first of several files.
func TestDamageCostsOneFile(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	long := string(make([]byte, 60_000))
	for i := range 100 {
		must(t, j.append(events(fmt.Sprint(i, long))))
	}
	text, err := os.ReadFile(j.path(0))
	must(t, err)
	text[100] ^= 1
	must(t, os.WriteFile(j.path(0), text, 0o600))
	again := mustOpen(t, dir)
	got := again.rest(t)
	if len(got) != 100-int(j.first[1]) {
		t.Errorf("%d of %d events survive", len(got), 100)
	}
}
