package instance_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// aged is a time that no scan would take for new.
var aged = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)

// scanMargin is more than a scan goes back beyond the checkpoint.
const scanMargin = 3 * time.Second

// caughtUp fails unless the running process has walked the tree and has not
// compared all of it.
func (m *mirror) caughtUp() {
	m.Helper()
	st := m.status()
	if st.Scans < 1 {
		m.Error("no scan ran")
	}
	for _, target := range st.Targets {
		if target.Counters.FullSyncs != 0 {
			m.Errorf("%s: a full sync ran", target.URL)
		}
	}
}

// untilUpto waits until the checkpoint of every target is later than moment.
func (m *mirror) untilUpto(moment time.Time) {
	m.Helper()
	m.until("the checkpoint advances", func() bool {
		for _, target := range m.status().Targets {
			if target.Upto == nil || !target.Upto.After(moment) {
				return false
			}
		}
		return true
	})
}

// untilSaved waits until the checkpoint of every target on the disk is later
// than moment.
func (m *mirror) untilSaved(moment time.Time) {
	m.Helper()
	store := m.checkpoints()
	m.until("the checkpoint is saved", func() bool {
		for _, u := range m.urls {
			if mark, err := store.Load(u); err != nil || !mark.Upto.After(moment) {
				return false
			}
		}
		return true
	})
}

// age gives path and all beneath it a time of long ago.
func (m *mirror) age(path string) {
	m.Helper()
	m.must(filepath.Walk(path, func(p string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(p, aged, aged)
	}))
}

// attic is a folder beside the source, on the same file system.
func (m *mirror) attic(path string) string {
	return filepath.Join(filepath.Dir(m.source), "attic", path)
}

// putAttic writes a small tree that can be moved into the source.
func (m *mirror) putAttic(name string) {
	m.Helper()
	m.mkdir(m.attic(name + "/deep/down"))
	for _, f := range []string{"one", "deep/two", "deep/down/three"} {
		m.must(os.WriteFile(m.attic(name+"/"+f), []byte(name+f), 0o644))
	}
	m.age(m.attic(name))
}

// TestWhatChangedWhileDownIsFoundByAScan: however the process ended, and
// whatever happened behind its back, no full sync is needed.
func TestWhatChangedWhileDownIsFoundByAScan(t *testing.T) {
	for name, end := range map[string]func(*mirror){"stopped": (*mirror).stop, "killed": (*mirror).kill} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMirror(t, 2)
			for _, dir := range []string{"kept", "deleted", "renamed", "replaced", "swapped"} {
				for i := range 5 {
					m.put(fmt.Sprintf("%s/sub/f%d", dir, i), fmt.Sprint(dir, i))
				}
			}
			for _, dir := range []string{"moved", "copied", "replacement"} {
				m.putAttic(dir)
			}
			m.put("same-size", "before")
			m.must(os.Chtimes(m.src("same-size"), aged, aged))
			m.start().settled()
			m.untilUpto(time.Now().Add(scanMargin))
			end(m)
			m.changeWhileDown()
			m.start().settled()
			m.caughtUp()
		})
	}
}

func (m *mirror) changeWhileDown() {
	m.Helper()
	m.must(os.RemoveAll(m.src("deleted")))
	m.must(os.Remove(m.src("kept/sub/f0")))
	m.must(os.Rename(m.src("renamed"), m.src("kept/other-name")))
	m.must(os.Rename(m.src("kept/sub/f1"), m.src("f1-moved")))
	m.must(os.Rename(m.attic("moved"), m.src("moved-in")))
	m.must(os.CopyFS(m.src("copied-in"), os.DirFS(m.attic("copied"))))
	m.age(m.src("copied-in"))
	m.must(os.Rename(m.src("replaced"), m.attic("was-replaced")))
	m.must(os.Rename(m.attic("replacement"), m.src("replaced")))
	m.must(os.WriteFile(m.src("same-size"), []byte("behind"), 0o644))
	m.must(os.Chtimes(m.src("same-size"), aged, aged))
	m.must(os.RemoveAll(m.src("swapped/sub")))
	m.put("swapped/sub", "a file now")
	m.must(os.Remove(m.src("kept/sub/f2")))
	m.mkdir(m.src("kept/sub/f2"))
	m.must(os.Chmod(m.src("kept/sub/f3"), 0o600))
}

// TestNothingIsOwedAgainAfterAKill: the checkpoint follows an idle module, and
// on disk too.
func TestNothingIsOwedAgainAfterAKill(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.put("a/b", "1")
	m.start().settled()
	m.put("a/c", "2")
	m.settled()
	m.untilSaved(time.Now().Add(scanMargin))
	m.kill()
	m.start().settled()
	m.caughtUp()
	if jobs := m.status().Targets[0].Counters.Jobs; jobs != 0 {
		t.Errorf("%d jobs ran though nothing had changed", jobs)
	}
}

// TestKilledAtRandomMoments ends the process the hard way while it is busy,
// again and again.
func TestKilledAtRandomMoments(t *testing.T) {
	t.Parallel()
	rounds := 3
	if os.Getenv("SYNCSVC_LONG") != "" {
		rounds = 200
	}
	m := newMirror(t, 2)
	m.start().settled()
	m.untilSaved(m.status().Started)
	moments := rand.New(rand.NewPCG(1, 2))
	for range rounds {
		m.keepBusy(moments, time.Duration(moments.IntN(1500))*time.Millisecond)
		m.kill()
		m.keepBusy(moments, time.Duration(moments.IntN(50))*time.Millisecond)
		m.start().settled()
		m.caughtUp()
		if t.Failed() {
			return
		}
	}
}

// keepBusy changes a small tree in every way until the time is up.
func (m *mirror) keepBusy(r *rand.Rand, span time.Duration) {
	m.Helper()
	up := time.NewTimer(span)
	defer up.Stop()
	dir := func() string { return fmt.Sprintf("d%d/e%d", r.IntN(4), r.IntN(3)) }
	for {
		select {
		case <-up.C:
			return
		default:
		}
		switch p := fmt.Sprintf("%s/f%d", dir(), r.IntN(20)); r.IntN(8) {
		case 0:
			m.must(os.RemoveAll(m.src(p)))
		case 1:
			m.must(os.RemoveAll(m.src(dir())))
		case 2:
			to := m.src(dir())
			m.mkdir(filepath.Dir(to))
			_ = os.Rename(m.src(dir()), to) // it may not be there, or not be empty
		default:
			m.put(p, fmt.Sprint(r.Uint64()))
		}
	}
}

// TestTwinIsRefused: two processes for one module would undo each other's work.
func TestTwinIsRefused(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.start()
	out, err := m.command().CombinedOutput()
	if err == nil {
		t.Fatal("a second process ran")
	}
	if want := `module "www": already running`; !strings.Contains(string(out), want) {
		t.Errorf("it said %q, want %q", out, want)
	}
	m.settled()
	if st := m.status(); st.State != control.Live {
		t.Errorf("the first one is %s: %s", st.State, st.Reason)
	}
}
