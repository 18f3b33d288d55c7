package scan

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// TestHalfOfTheWorkGoesToWhoeverWaits looks at what one worker leaves to
// another that has nothing to do.
func TestHalfOfTheWorkGoesToWhoeverWaits(t *testing.T) {
	for _, c := range []struct{ above, current, given, left string }{
		{"", "a\x00b\x00c\x00d\x00", "c\x00d\x00", "a\x00b\x00"},
		{"", "a\x00bbbbbbbb\x00", "bbbbbbbb\x00", "a\x00"},
		{"", "aaaaaaaa\x00b\x00", "b\x00", "aaaaaaaa\x00"},
		{"only\x00", "a\x00b\x00", "only\x00", "a\x00b\x00"},
		{"", "only\x00", "", "only\x00"},
		{"", "", "", ""},
	} {
		w, others := pausedWorker(t, c.above, c.current)
		w.share()
		if w.crew.waiting.Load() > 0 { // nothing was handed over
			w.crew.finish() // dismisses the other
		}
		j := <-others
		given := string(j.frame.folders)
		if given != "" {
			unix.Close(j.frame.fd)
		}
		left := string(w.stack.top().folders)
		if diff := cmp.Diff([]string{c.given, c.left}, []string{given, left}); diff != "" {
			t.Errorf("above %q, current %q: %s", c.above, c.current, diff)
		}
		w.stack.drop()
	}
}

// pausedWorker returns a worker that has folders to do in the current folder
// and in the one above, while another waits for a job.
func pausedWorker(t *testing.T, above, current string) (*worker, <-chan job) {
	t.Helper()
	w := newWorker(&walk{crew: newCrew()})
	for _, folders := range []string{above, current} {
		fd, err := openRoot(t.TempDir())
		must(t, err)
		w.stack.add(frame{fd: fd, folders: []byte(folders)})
	}
	taken := make(chan job, 1) // the other must not wait for the test
	go func() {
		j, _ := w.crew.take()
		taken <- j
	}()
	for deadline := time.Now().Add(time.Minute); w.crew.waiting.Load() == 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("the other worker never waits")
		}
	}
	return w, taken
}

// TestWorkersShareATree holds up the worker that reads the root until the other
// waits, and then one of them until the other looks at something too.
func TestWorkersShareATree(t *testing.T) {
	p := newPlot(t)
	generate(t, p.root, 4, 4, 1)
	deadline := time.Now().Add(time.Minute)
	var w *walk
	var first sync.Once
	others := make(chan struct{}, 100) // more than there are entries
	o := Options{Root: p.root, Under: change.Root, Workers: 2}
	o.Excluded = func(path string, _ bool) bool {
		for w.crew.waiting.Load() == 0 && !strings.Contains(path, "/") && time.Now().Before(deadline) {
			runtime.Gosched()
		}
		if !strings.Contains(path, "/") {
			return false
		}
		held := false
		first.Do(func() { held = true })
		if !held {
			others <- struct{}{}
			return false
		}
		select {
		case <-others:
		case <-time.After(time.Until(deadline)):
			t.Error("no other worker takes part")
		}
		return false
	}
	w, err := openWalk(o, time.Now(), unwanted(t))
	p.must(err)
	defer unix.Close(w.root)
	_, err = w.run(t.Context())
	p.must(err)
}
