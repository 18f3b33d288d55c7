package instance_test

import (
	"fmt"
	"os"
	"testing"
)

func TestLiveChangesArriveEverywhere(t *testing.T) {
	m := newMirror(t, 2)
	m.put("already/there", "1")
	m.start()
	m.settled()
	m.put("new", "1")
	m.put("deep/down/here/f", "2")
	m.must(os.Symlink("nowhere", m.src("dangling")))
	m.must(os.Chmod(m.src("already/there"), 0o600))
	m.settled()
	m.must(os.Rename(m.src("deep/down"), m.src("up")))
	m.must(os.RemoveAll(m.src("already")))
	m.put("new", "longer than before")
	m.settled()
}

func TestBurstOfFiles(t *testing.T) {
	m := newMirror(t, 1).start()
	for i := range 2000 {
		m.put(fmt.Sprintf("d%d/f%d", i%20, i), fmt.Sprint(i))
	}
	m.settled()
	if jobs := m.status().Targets[0].Counters.Jobs; jobs > 200 {
		t.Errorf("2,000 files took %d jobs", jobs)
	}
	m.must(os.RemoveAll(m.src("d3")))
	m.settled()
}
