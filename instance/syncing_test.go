package instance_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/syncsvc/syncsvc/control"
)

// sync asks for a comparison and returns what follows it.
func (m *mirror) sync(req control.SyncRequest) (progress func() control.Progress) {
	m.Helper()
	var started control.SyncStarted
	m.must(m.client.Post(m.Context(), "/v1/sync", req, &started))
	return func() (p control.Progress) {
		m.Helper()
		m.must(m.client.Get(m.Context(), "/v1/sync/"+started.ID, &p))
		return p
	}
}

func TestSyncTellsHowFarItIs(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 2)
	for i := range 50 {
		m.put(fmt.Sprintf("d%d/f", i%5)+fmt.Sprint(i), "content")
	}
	m.start().settled()
	for i := range 10 {
		m.must(os.WriteFile(filepath.Join(m.targets[0], fmt.Sprintf("d%d/f%d", i%5, i)), []byte("spoilt"), 0o644))
	}
	m.must(os.WriteFile(filepath.Join(m.targets[0], "extra"), nil, 0o644))
	m.post("/v1/pause", control.TargetRequest{Target: m.urls[1]})
	progress := m.sync(control.SyncRequest{})
	m.until("the first target is done", func() bool { return progress().Targets[0].Done })
	p := progress()
	if p.Done || p.Ended != nil || p.Targets[1].Done || !strings.Contains(p.Targets[1].Waiting, "request") {
		t.Errorf("with a paused target: %+v", p)
	}
	one := p.Targets[0]
	if one.Files != 10 || one.Deleted != 1 || one.Bytes == 0 || one.Percent != 100 || one.Error != "" {
		t.Errorf("the first target: %+v", one)
	}
	m.post("/v1/resume", nil)
	m.until("all is done", func() bool { return progress().Done })
	p = progress()
	if p.Ended == nil || p.Ended.Before(p.Started) || p.Total < 100 || p.Examined < p.Total*9/10 {
		t.Errorf("at the end: %+v", p)
	}
	if p.Targets[1].Files != 0 {
		t.Errorf("%d files sent to a target that had everything", p.Targets[1].Files)
	}
	m.settled()
}

// TestSyncLeavesABigFileToTheJobThatSendsIt: whoever writes something big and
// asks for a comparison at once does not want it sent three times.
func TestSyncLeavesABigFileToTheJobThatSendsIt(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "threads: 4")
	m.slowly("4m")
	m.put("d/f", "1")
	m.start().settled()
	before := m.traffic(0)
	const size = 12 << 20
	m.blob("d/big", size)
	m.sending("flat", 1<<20)
	m.must(os.WriteFile(filepath.Join(m.targets[0], "d/f"), []byte("spoilt"), 0o644))
	progress := m.sync(control.SyncRequest{})
	m.until("it is done", func() bool { return progress().Done })
	m.settled()
	if n := m.traffic(0) - before; n > size*3/2 {
		t.Errorf("%d bytes on the wire for a file of %d", n, size)
	}
}

func TestSyncOfAPartIsDoneWhenThatPartIs(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "max_delete: 1")
	m.put("a/f", "1")
	m.put("b/f", "1")
	m.start().settled()
	done := func(req control.SyncRequest) control.TargetProgress {
		t.Helper()
		progress := m.sync(req)
		m.until("it is done", func() bool { return progress().Done })
		return progress().Targets[0]
	}
	m.must(os.WriteFile(filepath.Join(m.targets[0], "a/f"), []byte("spoilt"), 0o644))
	if one := done(control.SyncRequest{Path: "b"}); one.Files != 0 {
		t.Errorf("sync of b: %+v", one)
	}
	if one := done(control.SyncRequest{Path: m.src("a/f")}); one.Files != 1 {
		t.Errorf("sync of a file: %+v", one)
	}
	for _, name := range []string{"1", "2", "3"} {
		m.must(os.WriteFile(filepath.Join(m.targets[0], "a", name), nil, 0o644))
	}
	if one := done(control.SyncRequest{Path: "a"}); !strings.Contains(one.Error, "wait for approval") {
		t.Errorf("sync with held deletions: %+v", one)
	}
	err := m.client.Get(t.Context(), "/v1/sync/rubbish", nil)
	if f, ok := errors.AsType[*control.Failed](err); !ok || f.Status != http.StatusNotFound || f.Hint == "" {
		t.Errorf("an unknown sync: %v", err)
	}
}
