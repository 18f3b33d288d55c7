package instance_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/control"
)

// ear is a receiver of hooks: a unix socket, and what was written there.
type ear struct {
	at string

	mu    sync.Mutex
	heard []tiding
}

type tiding struct {
	Event, Path, Was, Target string
	Folder                   bool
	Count                    int64
}

// newEar listens at name in the mirror's folder.
func newEar(m *mirror, name string) *ear {
	m.Helper()
	e := &ear{at: filepath.Join(m.dir, name)}
	l, err := net.Listen("unix", e.at)
	m.must(err)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { e.listen(conn) })
		}
	})
	m.Cleanup(func() { l.Close(); m.kill(); all.Wait() })
	return e
}

func (e *ear) listen(conn net.Conn) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		var t tiding
		if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
			panic(err)
		}
		e.mu.Lock()
		e.heard = append(e.heard, t)
		e.mu.Unlock()
	}
}

// list is what was heard, a line each without the target.
func (e *ear) list() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []string
	for _, t := range e.heard {
		line := t.Event + " " + t.Path
		if t.Folder {
			line += "/"
		}
		if t.Was != "" {
			line += " from " + t.Was
		}
		out = append(out, line)
	}
	return out
}

// sorted is what was heard, each line once, as soon as it is so many.
func (e *ear) sorted(m *mirror, n int) (got []string) {
	m.Helper()
	m.until(fmt.Sprint(n, " lines are heard"), func() bool {
		got = e.list()
		slices.Sort(got)
		got = slices.Compact(got)
		return len(got) >= n
	})
	return got
}

// targets is to how many targets a path was told to have been sent.
func (e *ear) targets(path string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	found := map[string]bool{}
	for _, t := range e.heard {
		if t.Event == "sent" && t.Path == path {
			found[t.Target] = true
		}
	}
	return len(found)
}

func (e *ear) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = nil
}

// hear waits until a line was heard.
func (e *ear) hear(m *mirror, line string) {
	m.Helper()
	m.until("it is told: "+line, func() bool { return slices.Contains(e.list(), line) })
}

func (e *ear) option(more string) string {
	return fmt.Sprintf("  - {socket: {to: \"unix://%s\", format: json}, name: %s%s}", e.at, filepath.Base(e.at), more)
}

// silentHooks waits until the hooks have nothing to tell.
func (m *mirror) silentHooks() {
	m.Helper()
	m.until("the hooks are done", func() bool {
		return !slices.ContainsFunc(m.status().Hooks, func(h control.HookStatus) bool { return h.Waiting > 0 })
	})
}

// atOnce has one job do what several deletions on a busy machine may make
// several of, with the folder's new time between them.
func (m *mirror) atOnce(do func()) {
	m.Helper()
	m.post("/v1/pause", nil)
	do()
	m.waitsFor("owed")
	m.post("/v1/resume", nil)
}

func TestHooksAreToldWhatArrives(t *testing.T) {
	m := newMirror(t, 1)
	e := newEar(m, "ear")
	m.options = append(m.options, "hooks:", e.option(""))
	m.put("old/kept", "1")
	m.start().settled()
	m.silentHooks()
	if diff := cmp.Diff([]string{"sent old/", "sent old/kept"}, e.sorted(m, 2)); diff != "" {
		t.Errorf("full sync: %s", diff)
	}
	e.forget()
	again := func() { m.must(os.Rename(m.src("moved"), m.src("new"))) }
	story := []struct {
		do   func()
		undo func() // nil: it is as it is; see cheaplyInTheEnd
		want []string
	}{
		{func() { m.put("a.txt", "one") }, nil, []string{"sent a.txt"}},
		{func() { m.put("new/deep/b\xff", "two") }, nil, []string{"sent new/", "sent new/deep/", `sent new/deep/b\xff`}},
		{func() { m.must(os.Rename(m.src("a.txt"), m.src("c.txt"))) }, nil, []string{"deleted a.txt", "sent c.txt"}}, // small files are sent anew
		{func() { m.must(os.Chmod(m.src("c.txt"), 0o600)) }, nil, []string{"sent c.txt"}},
		{func() { m.must(os.Rename(m.src("new"), m.src("moved"))) }, again, []string{"deleted new/", "deleted new/deep/", `deleted new/deep/b\xff`, "renamed moved/ from new"}},
		{func() { m.must(os.Remove(m.src("c.txt"))) }, nil, []string{"deleted c.txt"}},
		{func() { m.atOnce(func() { m.must(os.RemoveAll(m.src("moved"))) }) }, nil, []string{"deleted moved/", "deleted moved/deep/", `deleted moved/deep/b\xff`}},
	}
	told := func(do func(), n int) []string {
		e.forget()
		do()
		m.settled()
		m.silentHooks()
		return e.sorted(m, n)
	}
	for _, s := range story {
		diff := cmp.Diff(s.want, told(s.do, len(s.want)))
		for tries := 0; diff != "" && s.undo != nil && tries < 4; tries++ {
			told(s.undo, 1)
			diff = cmp.Diff(s.want, told(s.do, len(s.want)))
		}
		if diff != "" {
			t.Errorf("want %q: %s", s.want, diff)
		}
	}
	st := m.status().Hooks[0]
	if st.Name != "ear" || st.Kind != "socket" || st.Delivered < 10 || st.Failed > 0 || st.LastSuccess == nil {
		t.Errorf("%+v", st)
	}
}

func TestHookAfterAllTargetsWaitsForTheLast(t *testing.T) {
	m := newMirror(t, 2)
	each, all := newEar(m, "each"), newEar(m, "all")
	m.options = append(m.options, "hooks:", each.option(""), all.option(", after: all"))
	m.start().settled()
	m.put("both", "1")
	all.hear(m, "sent both")
	m.silentHooks()
	if diff := cmp.Diff([]string{"sent both"}, slices.Compact(all.list())); diff != "" {
		t.Error(diff)
	}
	if n := each.targets("both"); n != 2 {
		t.Errorf("%d targets are told of", n)
	}
	m.post("/v1/pause", control.TargetRequest{Target: m.urls[1]})
	each.forget()
	all.forget()
	for i := range 20 {
		m.put(fmt.Sprint("late/", i), "1")
	}
	m.put("gone", "1")
	m.until("one target has it", func() bool { return m.has(0, "gone", "1") })
	m.must(os.Remove(m.src("gone")))
	each.hear(m, "deleted gone")
	m.silentHooks()
	if got := all.list(); len(got) > 0 {
		t.Errorf("told before the last had it: %q", got)
	}
	m.post("/v1/resume", control.TargetRequest{Target: m.urls[1]})
	m.settled()
	for i := range 20 {
		all.hear(m, fmt.Sprint("sent late/", i))
	}
	all.hear(m, "deleted gone")
}

func TestSlowHookDelaysNoTransfer(t *testing.T) {
	m := newMirror(t, 1, "hooks:", `  - {command: [/bin/sleep, "600"], timeout: 1h}`)
	m.start().settled()
	for i := range 50 {
		m.put(fmt.Sprint(i), "1")
	}
	m.settled()
	// a file that is sent again is told of again
	m.until("all of it waits", func() bool { return m.status().Hooks[0].Waiting >= 50 })
}

func TestModuleOfHooksAlone(t *testing.T) {
	m := newMirror(t, 0)
	m.urls = nil
	e := newEar(m, "ear")
	m.options = append(m.options, "exclude: ['*.tmp']", "hooks:", e.option(""))
	m.start().untilState(control.Live)
	m.put("a", "1")
	e.hear(m, "sent a")
	m.put("d/e/f", "1")
	m.put("d/x.tmp", "1")
	e.hear(m, "sent d/e/f")
	e.hear(m, "sent d/")
	e.hear(m, "sent d/e/")
	m.must(os.Rename(m.src("a"), m.src("b")))
	e.hear(m, "deleted a")
	e.hear(m, "sent b")
	for heard := false; !heard; { // see cheaplyInTheEnd
		m.must(os.Rename(m.src("d"), m.src("g")))
		m.until("the new name is told", func() bool {
			heard = slices.Contains(e.list(), "renamed g/ from d")
			return heard || slices.Contains(e.list(), "sent g/")
		})
		if !heard {
			m.settle()
			m.must(os.Rename(m.src("g"), m.src("d")))
			m.settle()
			m.silentHooks()
			e.forget()
		}
	}
	m.must(os.RemoveAll(m.src("g")))
	e.hear(m, "deleted g/e/f")
	m.settle()
	m.silentHooks()
	for _, line := range e.list() {
		if strings.Contains(line, "tmp") {
			t.Errorf("told: %q", line)
		}
	}
	m.stop()
	m.put("meanwhile", "1")
	m.start()
	e.hear(m, "sent meanwhile")
}

// TestKilledInstanceTellsTheRest kills the process while its hook is away.
func TestKilledInstanceTellsTheRest(t *testing.T) {
	m := newMirror(t, 1)
	at := filepath.Join(m.dir, "ear")
	m.options = append(m.options, "hooks:", fmt.Sprintf("  - {socket: {to: \"unix://%s\", format: json}}", at))
	m.start().settled()
	m.put("a", "1")
	m.put("b", "1")
	m.settled()
	m.until("both wait", func() bool { return m.status().Hooks[0].Waiting >= 2 })
	m.kill()
	e := newEar(m, "ear")
	m.start()
	e.hear(m, "sent a")
	e.hear(m, "sent b")
}
