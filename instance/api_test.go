package instance_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// wait asks the instance whether everything so far is everywhere.
func (m *mirror) wait(timeout time.Duration) control.WaitAnswer {
	m.Helper()
	ctx, cancel := context.WithTimeout(m.Context(), patience)
	defer cancel()
	var a control.WaitAnswer
	m.must(m.client.Get(ctx, "/v1/wait?upto=now&timeout="+url.QueryEscape(timeout.String()), &a))
	return a
}

func (m *mirror) waitsFor(reason string) {
	m.Helper()
	m.until("wait is behind because of "+reason, func() bool {
		a := m.wait(300 * time.Millisecond) // it may say first that it has not heard of everything yet
		if a.Done {
			m.Fatalf("wait says that all is there, want it to be behind because of %q", reason)
		}
		return strings.Contains(strings.Join(a.Behind, "\n"), reason)
	})
}

func TestWaitTellsTheTruth(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 2, "settle: {quiet: 3s, at_most: 30s}", "max_delete: 1")
	m.put("f", "1")
	m.put("gone/1", "1")
	m.put("gone/2", "1")
	m.start().settled()

	m.post("/v1/pause", control.TargetRequest{Target: m.urls[1]})
	m.put("f", "2")
	m.until("the other target has it", func() bool { return m.has(0, "f", "2") })
	m.waitsFor(m.urls[1])
	m.post("/v1/resume", nil)
	m.settled()

	f, err := os.OpenFile(m.src("open"), os.O_CREATE|os.O_WRONLY, 0o644)
	m.must(err)
	defer f.Close()
	_, err = f.WriteString("still being written")
	m.must(err)
	m.settle()
	if !m.has(0, "open", "still being written") || !m.has(1, "open", "still being written") {
		t.Error("wait did not wait for a file that is open")
	}

	theirs := filepath.Join(m.targets[0], "f")
	m.immutable(theirs, "+")
	m.put("f", "333")
	m.onList("f", 1)
	m.waitsFor("1 path fails")
	m.immutable(theirs, "-")
	m.settled()

	m.vanish("gone")
	m.until("they are held", func() bool { return m.status().State == control.Held })
	m.waitsFor("wait for approval")
	m.post("/v1/approve", nil)
	m.settled()
}

func TestSyncComparesWhatItIsAskedTo(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 2)
	for _, p := range []string{"a/f", "b/f", "c"} {
		m.put(p, "1")
	}
	m.start().settled()
	spoil := func() {
		for _, target := range m.targets {
			for _, p := range []string{"a/f", "b/f", "c"} {
				m.must(os.WriteFile(filepath.Join(target, p), []byte("spoilt"), 0o644))
			}
			m.must(os.WriteFile(filepath.Join(target, "a/extra"), nil, 0o644))
		}
	}
	spoil()
	m.post("/v1/sync", control.SyncRequest{Path: "a", Target: m.urls[0]})
	m.until("it is compared", func() bool { return m.has(0, "a/f", "1") })
	m.idle()
	if !m.has(0, "b/f", "spoilt") || !m.has(1, "a/f", "spoilt") {
		t.Error("more was compared than asked for")
	}
	if m.has(0, "a/extra", "") {
		t.Error("what is not in the source stays")
	}
	m.post("/v1/sync", control.SyncRequest{Path: "/c"})
	m.until("a file is compared", func() bool { return m.has(0, "c", "1") && m.has(1, "c", "1") })
	m.post("/v1/sync", nil)
	m.until("everything is compared", func() bool { return m.complete(0) && m.complete(1) })
}

// idle waits until nothing is owed, comparisons included.
func (m *mirror) idle() {
	m.Helper()
	m.until("nothing is owed", func() bool {
		for _, target := range m.status().Targets {
			if target.Owed > 0 {
				return false
			}
		}
		return true
	})
}

func TestPausedTargetCollects(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 2).start()
	m.settled()
	m.post("/v1/pause", control.TargetRequest{Target: m.urls[0]})
	m.stir(0)
	m.until("the other target has everything", func() bool { return m.complete(1) })
	st := m.status()
	if one := st.Targets[0]; one.State != control.Paused || one.Owed == 0 || one.Lag == 0 || one.Counters.Sent != 0 {
		t.Errorf("the paused target: %+v", one)
	}
	m.post("/v1/pause", nil)
	if st := m.untilState(control.Paused); st.Hint == "" {
		t.Error("no hint how to go on")
	}
	m.post("/v1/resume", nil)
	m.settled()
}

func TestRequestsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, `exclude: ["/cache/"]`).start()
	nowhere := control.TargetRequest{Target: "rsync://nowhere/m"}
	for _, route := range []string{"sync", "approve", "pause", "resume"} {
		err := m.client.Post(t.Context(), "/v1/"+route, nowhere, nil)
		var f *control.Failed
		if !errors.As(err, &f) || f.Status != http.StatusNotFound || !strings.Contains(f.Hint, m.urls[0]) {
			t.Errorf("%s of an unknown target: %#v", route, err)
		}
		if status := m.rawPost(route, "{not json"); status != http.StatusBadRequest {
			t.Errorf("%s with bad JSON: %d", route, status)
		}
		if status := m.rawPost(route, `{"no such key": 1}`); status != http.StatusBadRequest {
			t.Errorf("%s with an unknown key: %d", route, status)
		}
	}
	for _, path := range []string{"../up", "a/../../b", "cache", "a\x00b", strings.Repeat("x", 256), strings.Repeat("x/", 2049)} {
		err := m.client.Post(t.Context(), "/v1/sync", control.SyncRequest{Path: path}, nil)
		var f *control.Failed
		if !errors.As(err, &f) || f.Status != http.StatusBadRequest {
			t.Errorf("sync of %.20q: %v", path, err)
		}
	}
	for _, query := range []string{"upto=yesterday", "timeout=soon", "timeout=-1s"} {
		err := m.client.Get(t.Context(), "/v1/wait?"+query, nil)
		var f *control.Failed
		if !errors.As(err, &f) || f.Status != http.StatusBadRequest {
			t.Errorf("wait with %s: %v", query, err)
		}
	}
}

// rawPost sends a body as it is and returns the HTTP status.
func (m *mirror) rawPost(route, body string) int {
	m.Helper()
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", control.Socket(m.dir, "www"))
	}
	c := http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
	resp, err := c.Post("http://syncsvc/v1/"+route, "application/json", strings.NewReader(body))
	m.must(err)
	resp.Body.Close()
	return resp.StatusCode
}

// TestNothingSpins: a target that can't be used costs no processor time.
func TestNothingSpins(t *testing.T) {
	t.Parallel()
	d := newDistant(t, nil)
	d.start().settled()
	d.far.Stop()
	d.put("f", "1")
	d.away("refused")
	d.post("/v1/pause", nil)
	before := d.processorTime()
	passed := time.After(3 * time.Second)
	d.until("three seconds have passed", func() bool {
		select {
		case <-passed:
			return true
		default:
			return false
		}
	})
	if used := d.processorTime() - before; used > 1500*time.Millisecond {
		t.Errorf("used %s of processor time in 3 s while paused", used)
	}
}

// processorTime is what the instance has used so far, without its children.
func (m *mirror) processorTime() time.Duration {
	m.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(m.cmd.Process.Pid), "stat"))
	m.must(err)
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	var ticks int
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(f)
		m.must(err)
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100 // USER_HZ
}
