package instance_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// reconfigure writes the module file anew and has the instance read it.
func (m *mirror) reconfigure() (control.Answer, error) {
	m.Helper()
	m.write()
	now, err := config.LoadModule(m.file)
	m.must(err)
	var a control.Answer
	err = m.client.Post(m.Context(), "/v1/reconfigure", control.Reconfigure{Fingerprint: now.Fingerprint()}, &a)
	if err == nil && m.status().Fingerprint != now.Fingerprint() {
		m.Errorf("%q, but another version is in force", a.Message)
	}
	return a, err
}

func TestTargetsComeAndGoWhileTheRestFlowsOn(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 3)
	urls, targets := m.urls, m.targets
	m.urls, m.targets = urls[:2], targets[:2]
	for i := range 200 {
		m.put(fmt.Sprintf("d%d/f%d", i%7, i), fmt.Sprint(i))
	}
	m.start().settled()

	m.urls, m.targets = urls, targets
	if a, err := m.reconfigure(); err != nil || !strings.Contains(a.Message, "targets") {
		t.Fatal(a, err)
	}
	m.put("later", "1")
	m.settled()
	st := m.status()
	for i, want := range []int64{1, 1, 1} {
		if n := st.Targets[i].Counters.FullSyncs; n != want {
			t.Errorf("target %d had %d full syncs, want %d", i, n, want)
		}
	}

	m.urls, m.targets = urls[1:], targets[1:]
	if _, err := m.reconfigure(); err != nil {
		t.Fatal(err)
	}
	m.put("without the first", "1")
	m.must(os.RemoveAll(m.src("d1")))
	m.settled()
	if _, err := os.Stat(filepath.Join(targets[0], "without the first")); err == nil {
		t.Error("a target that was removed still gets changes")
	}

	m.urls, m.targets = urls, targets
	if _, err := m.reconfigure(); err != nil {
		t.Fatal(err)
	}
	m.settled()
	if n := m.status().Targets[0].Counters.FullSyncs; n != 0 {
		t.Errorf("a target that came back had %d full syncs, want a walk from its checkpoint", n)
	}
	m.stop()
}

func TestOptionsChangeInPlace(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "max_delete: 1")
	for i := range 3 {
		m.put(fmt.Sprint("d/", i), "1")
	}
	m.put("e/1", "1")
	m.put("e/2", "1")
	m.start().settled()
	pid := m.status().Pid
	failLog := filepath.Join(m.dir, "elsewhere.log")
	m.options = []string{
		"max_delete: off", "log_level: debug", "fail_log: {path: " + failLog + "}", "priority: 7",
		"full_compare: {schedule: \"0 3 * * *\"}", "rsync: {bwlimit: 10m}",
	}
	if _, err := m.reconfigure(); err != nil {
		t.Fatal(err)
	}
	m.must(os.RemoveAll(m.src("d")))
	m.settled()
	st := m.status()
	if st.Pid != pid || st.LogLevel != "debug" {
		t.Errorf("pid %d, was %d; logs from %q on", st.Pid, pid, st.LogLevel)
	}
	if _, err := os.Stat(failLog); err != nil {
		t.Error(err)
	}
	m.options = []string{"max_delete: 1"}
	if _, err := m.reconfigure(); err != nil {
		t.Fatal(err)
	}
	m.vanish("e")
	m.untilState(control.Held)
}

func TestWhatTakesANewProcessIsRefused(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1).start()
	m.settled()
	before := m.status().Fingerprint
	refused := func(what, why string) {
		t.Helper()
		var f *control.Failed
		err := m.client.Post(t.Context(), "/v1/reconfigure", control.Reconfigure{}, nil)
		if !errors.As(err, &f) || f.Status != http.StatusConflict || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", what, err)
		}
		if m.status().Fingerprint != before {
			t.Errorf("%s is in force", what)
		}
	}
	m.options = []string{"threads: 3", "rsync: {bwlimit: 1m}"}
	m.write()
	refused("another number of threads", "threads")
	m.must(os.WriteFile(m.file, []byte("watch: 7"), 0o600))
	refused("an invalid file", m.file)
	m.options = nil
	m.write()
	err := m.client.Post(t.Context(), "/v1/reconfigure", control.Reconfigure{Fingerprint: "another"}, nil)
	if err == nil || !strings.Contains(err.Error(), "not the version") {
		t.Errorf("another version than was meant: %v", err)
	}
	if _, err := m.reconfigure(); err != nil {
		t.Error(err)
	}
}
