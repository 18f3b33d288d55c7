package instance_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/syncsvc/syncsvc/checkpoint"
	"github.com/syncsvc/syncsvc/control"
)

func TestPauseOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 2).start()
	m.settled()
	m.post("/v1/pause", control.TargetRequest{Target: m.urls[0]})
	m.kill()
	m.put("f", "1")
	m.start()
	m.until("the other target has it", func() bool { return m.has(1, "f", "1") })
	if st := m.status(); st.Targets[0].State != control.Paused || m.has(0, "f", "1") {
		t.Errorf("the paused target is %s", st.Targets[0].State)
	}
	m.post("/v1/resume", nil)
	m.settled()
	m.stop()
	m.start().settled()
	if st := m.status(); st.Targets[0].State == control.Paused {
		t.Error("it is paused again")
	}
}

// failures is the whole fail list.
func (m *mirror) failures() []control.TargetFailure {
	m.Helper()
	var a control.FailuresAnswer
	m.must(m.client.Get(m.Context(), "/v1/failures", &a))
	return a.Failures
}

func TestFailuresAreListedRetriedAndGivenUp(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "fail_log: {retry_every: 1h}")
	names := []string{"01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"}
	for _, n := range names {
		m.put("d/"+n, "1")
	}
	m.put("good", "1")
	m.start().settled()
	for _, n := range names {
		m.immutable(filepath.Join(m.targets[0], "d", n), "+")
		m.put("d/"+n, "22")
	}
	m.put("good", "2") // shows that the target is well
	m.until("all are on the list", func() bool { return len(m.failures()) == len(names) })
	for _, f := range m.failures() {
		if f.Target != m.urls[0] || !strings.HasPrefix(string(f.Path), "d/") || f.Reason == "" {
			t.Errorf("a failure: %+v", f)
		}
	}
	m.immutable(filepath.Join(m.targets[0], "d", "01"), "-")
	m.post("/v1/failures", control.FailuresRequest{Path: "d/01", Retry: true})
	m.until("it went through", func() bool { return m.has(0, "d/01", "22") && len(m.failures()) == len(names)-1 })

	a := m.post("/v1/failures", control.FailuresRequest{Path: m.src("d"), Clear: true})
	if !strings.Contains(a.Message, "11 paths") {
		t.Errorf("clear says %q", a.Message)
	}
	m.kill()
	store, err := checkpoint.Open(filepath.Join(m.state, "www"))
	m.must(err)
	if kept, err := store.Failures(m.urls[0]); err != nil || len(kept) > 0 {
		t.Errorf("a crash brings back %d of them: %v", len(kept), err)
	}
	m.start()
	if err := m.client.Post(t.Context(), "/v1/failures", control.FailuresRequest{}, nil); err == nil {
		t.Error("neither retry nor clear was accepted")
	}
	for _, n := range names[1:] {
		m.immutable(filepath.Join(m.targets[0], "d", n), "-")
	}
	m.post("/v1/sync", nil)
	m.until("a full compare finds them", func() bool { return m.complete(0) })
}

func (m *mirror) why(path string) control.WhyAnswer {
	m.Helper()
	var a control.WhyAnswer
	m.must(m.client.Get(m.Context(), "/v1/why?path="+url.QueryEscape(path), &a))
	return a
}

func TestWhyKnowsRuleAndState(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 2, "exclude:", "  - \"*.log\"", "  - /cache/")
	m.put("cache/deep/f", "1")
	m.put("odd \xff name", "1")
	m.start().settle()

	a := m.why("cache/deep/f")
	if a.Mirrored || !a.Exists || a.Kind != "file" || a.Where != m.file+":7" || !strings.Contains(a.Rule, "cache") {
		t.Errorf("what is excluded: %+v", a)
	}
	m.put("f", "1")
	m.settle()
	a = m.why(m.src("f"))
	if !a.Mirrored || a.Path != "f" || a.Where != "" || len(a.Targets) != 2 {
		t.Errorf("what is mirrored: %+v", a)
	}
	for _, one := range a.Targets {
		if one.Owed || one.LastSent == nil || !strings.Contains(one.Verdict, "last sent") {
			t.Errorf("what is there: %+v", one)
		}
	}
	if a = m.why("odd \xff name"); !a.Exists || a.Targets[0].LastSent == nil {
		t.Errorf("a name that is no text: %+v", a)
	}
	m.post("/v1/pause", control.TargetRequest{Target: m.urls[0]})
	m.put("f", "2")
	m.until("the other target has it", func() bool { return m.has(1, "f", "2") })
	if one := m.why("f").Targets[0]; !one.Owed || !strings.Contains(one.Verdict, "paused") {
		t.Errorf("what is owed: %+v", one)
	}
	m.post("/v1/resume", nil)
	m.settle()

	theirs := filepath.Join(m.targets[0], "f")
	m.immutable(theirs, "+")
	m.put("f", "333")
	m.until("it fails", func() bool { // and is not just tried again
		one := m.why("f").Targets[0]
		return one.Failure != nil && strings.Contains(one.Verdict, "fails")
	})
	m.immutable(theirs, "-")
	m.settle()
	m.must(os.Remove(m.src("f")))
	m.settle()
	if a := m.why("f"); a.Exists {
		t.Errorf("what is gone: %+v", a)
	}
	for _, outside := range []string{"/etc/passwd", "../x", m.source + "x"} {
		if err := m.client.Get(t.Context(), "/v1/why?path="+url.QueryEscape(outside), nil); err == nil || !strings.Contains(err.Error(), "..") && !strings.Contains(err.Error(), m.source) {
			t.Errorf("%s: %v", outside, err)
		}
	}
}

func TestLogLevelChangesWhileItRuns(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "log_level: warn").start()
	m.settled()
	if got := m.status().LogLevel; got != "warn" {
		t.Errorf("logs from %q on", got)
	}
	m.post("/v1/log-level", control.LogLevel{Level: "debug"})
	m.put("f", "1")
	m.until("details are logged", func() bool { return strings.Contains(m.output.String(), "job lands") })
	m.post("/v1/log-level", nil)
	if got := m.status().LogLevel; got != "warn" {
		t.Errorf("logs from %q on", got)
	}
	if err := m.client.Post(t.Context(), "/v1/log-level", control.LogLevel{Level: "loud"}, nil); err == nil {
		t.Error("a level that is none was accepted")
	}
}

func TestStatusCountsForMetrics(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "backend: inotify", "fail_log: {retry_every: 1s}")
	m.put("d/f", "1")
	m.start().settled()
	for i := range 5 {
		m.put("d/f", strings.Repeat("x", i+2))
		m.settle()
	}
	theirs := filepath.Join(m.targets[0], "d/f")
	m.immutable(theirs, "+")
	m.put("d/f", "last")
	m.onList("d/f", 2)
	m.immutable(theirs, "-")
	m.settled()
	st := m.status()
	one := st.Targets[0]
	sum := func(h *control.Histogram) (n uint64) {
		for _, c := range h.Counts {
			n += c
		}
		return n
	}
	if n := sum(one.JobTimes); n != uint64(one.Counters.Jobs) || one.JobTimes.Sum <= 0 {
		t.Errorf("%d jobs were timed of %d: %+v", n, one.Counters.Jobs, one.JobTimes)
	}
	if n := sum(one.Delays); n < 5 || one.Delays.Sum <= 0 {
		t.Errorf("%d changes were timed: %+v", n, one.Delays)
	}
	if one.Counters.Retries == 0 || st.Watches < 2 || st.WatchLimit < st.Watches {
		t.Errorf("%d retries, %d watches of %d", one.Counters.Retries, st.Watches, st.WatchLimit)
	}
}
