package top

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/syncsvc/syncsvc/console"
	"github.com/syncsvc/syncsvc/control"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is the moment at which these tests begin.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// screenTest drives a model without a terminal and without waiting.
type screenTest struct {
	t     *testing.T
	model model
	asked []string // what the model wanted to have done
}

func newScreen(t *testing.T, width, height int) *screenTest {
	s := &screenTest{t: t}
	note := func(format string, args ...any) tea.Cmd {
		return func() tea.Msg {
			s.asked = append(s.asked, fmt.Sprintf(format, args...))
			return nil
		}
	}
	s.model = newModel(calls{
		overview: func() tea.Cmd { return note("overview") },
		do:       func(v Verb, m string) tea.Cmd { return note("%s %s", v, m) },
		progress: func(m, id string) tea.Cmd { return note("progress %s %s", m, id) },
		tick:     func() tea.Cmd { return note("tick") },
	}, false, noon)
	s.run(s.model.Init())
	s.send(tea.WindowSizeMsg{Width: width, Height: height})
	return s
}

// send tells the model something and does what it asks for.
func (s *screenTest) send(msg tea.Msg) {
	s.t.Helper()
	next, cmd := s.model.Update(msg)
	s.model = next.(model)
	s.run(cmd)
}

func (s *screenTest) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	if batch, ok := cmd().(tea.BatchMsg); ok {
		for _, c := range batch {
			s.run(c)
		}
	}
}

func (s *screenTest) press(keys ...string) {
	s.t.Helper()
	codes := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown, "end": tea.KeyEnd, "home": tea.KeyHome}
	for _, key := range keys {
		if code, ok := codes[key]; ok {
			s.send(tea.KeyPressMsg{Code: code})
			continue
		}
		s.send(tea.KeyPressMsg{Code: rune(key[0]), Text: key})
	}
}

// text is what the screen shows; it demands that it fits.
func (s *screenTest) text() string {
	s.t.Helper()
	text := s.model.View().Content
	lines := strings.Split(text, "\n")
	if len(lines) != s.model.height {
		s.t.Errorf("%d lines on a screen of %d", len(lines), s.model.height)
	}
	for _, line := range lines {
		if w := console.Width(line); w > s.model.width {
			s.t.Errorf("%d columns on a screen of %d: %q", w, s.model.width, line)
		}
	}
	return text
}

func (s *screenTest) shows(want ...string) {
	s.t.Helper()
	for _, w := range want {
		if text := s.text(); !strings.Contains(text, w) {
			s.t.Errorf("the screen does not show %q:\n%s", w, text)
		}
	}
}

func (s *screenTest) golden(name string) {
	s.t.Helper()
	file := filepath.Join("testdata", name+".txt")
	got := s.text() + "\n"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		s.t.Errorf("%s: -want +got:\n%s", file, diff)
	}
}

// service is three modules at a moment: one well and busy, one with a target
// that is away, one paused.
func service(at time.Time, lag float64, bytes int64) overviewMsg {
	started := noon.Add(-time.Hour)
	last := at.Add(-2 * time.Second)
	module := func(s *control.Status) control.Module {
		s.Pid, s.Started, s.Since, s.Watch, s.Backend = 4711, started, started, "/srv/"+s.Module, "fanotify"
		m := control.Module{File: "/etc/syncsvc/conf.d/" + s.Module + ".yaml", Wanted: control.WantedUp}
		m.Take(s)
		return m
	}
	return overviewMsg{at: at, overview: control.Overview{
		Version: "1.0.0", Pid: 812, Started: started,
		Modules: []control.Module{
			module(&control.Status{Module: "www", State: control.Live, Targets: []control.Target{{
				URL: "rsync://a/www", State: control.Live, Owed: 2, InFlight: 2, LastSuccess: &last,
				Transfers: []control.Job{{What: "flat", Path: "films/\x1b[2Jfilm.mkv", Paths: 2, Started: noon.Add(-10 * time.Second), Bytes: bytes}},
			}}}),
			module(&control.Status{Module: "bbs", State: control.Degraded, Reason: "rsync://b/bbs: connection refused", Hint: "start rsyncd there", Targets: []control.Target{
				{URL: "rsync://a/bbs", State: control.Live, LastSuccess: &last},
				{URL: "rsync://b/bbs", State: control.Backoff, Reason: "connection refused", Owed: 1204, Lag: lag, Failing: 1, FailList: []control.Failure{
					{Path: "secret", Reason: "Permission denied (13)", Attempts: 3, First: started, Last: last, Next: at},
				}},
			}}),
			module(&control.Status{Module: "night", State: control.Paused, Reason: "on request", Targets: []control.Target{{URL: "rsync://a/night", State: control.Paused}}}),
		},
	}}
}

func event(seq uint64, module, text string) eventMsg {
	return eventMsg{Seq: seq, Time: noon, Kind: control.EventArrival, Module: module, Target: "rsync://a/" + module, Text: text}
}

func TestScreenShowsModulesTransfersFailuresAndEvents(t *testing.T) {
	s := newScreen(t, 120, 30)
	for i := range 12 {
		s.send(service(noon.Add(time.Duration(i)*time.Second), float64(i*i), int64(i)<<20))
	}
	s.send(event(1, "www", "3 paths, 1.2 MiB"))
	s.send(event(2, "bbs", "1 path, 2 B"))
	s.golden("wide")
	s.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	s.golden("small")
	s.press("?")
	s.golden("help")
}

func TestNothingIsWiderThanTheWindow(t *testing.T) {
	s := newScreen(t, 80, 24)
	msg := service(noon, 1e7, 1)
	for i := range 40 {
		m := msg.overview.Modules[0]
		m.Name = strings.Repeat("漢", 30) + fmt.Sprint(i)
		m.State = control.WaitingSource
		m.Owed, m.Rate = 1<<40, 1e15
		m.Problems = []control.Problem{{File: "/etc/" + strings.Repeat("long", 40), Message: "wrong\nand so on"}}
		msg.overview.Modules = append(msg.overview.Modules, m)
	}
	s.send(msg)
	for _, size := range [][2]int{{80, 24}, {40, 12}, {39, 5}, {1, 1}, {300, 100}} {
		s.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		for _, keys := range [][]string{{"end"}, {"enter"}, {"end"}, {"esc"}, {"?"}, {"?"}} {
			s.press(keys...)
			s.text()
		}
	}
}

func TestSelectionFollowsItsModule(t *testing.T) {
	s := newScreen(t, 100, 30)
	s.send(service(noon, 30, 0))
	s.shows("> bbs") // the worst is first
	s.press("down", "j")
	s.shows("> www")
	s.press("down")
	s.shows("> www")
	later := service(noon.Add(time.Second), 0, 0)
	later.overview.Modules[0].State = control.Held // now it is first
	s.send(later)
	s.shows("> www")
	s.press("G", "g", "up")
	if got := s.model.index(); got != 0 {
		t.Errorf("row %d is selected, want 0", got)
	}
	gone := service(noon.Add(2*time.Second), 0, 0)
	gone.overview.Modules = gone.overview.Modules[2:]
	s.send(gone)
	s.shows("> night")
}

func TestKeysActOnTheSelectedModule(t *testing.T) {
	s := newScreen(t, 100, 30)
	s.press("p") // nothing is known yet
	s.send(service(noon, 30, 0))
	s.asked = nil
	s.press("p", "s", "r", "down", "p")
	want := []string{"pause bbs", "sync bbs", "retry bbs", "resume night"}
	if diff := cmp.Diff(want, s.asked); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	s.shows("night: resume ...")
	s.send(doneMsg{verb: Resume, module: "night", said: "resumed"})
	s.shows("night: resumed")
	s.send(doneMsg{verb: Retry, module: "bbs", err: errors.New("bbs does not run")})
	s.shows("bbs: retry: bbs does not run")
	s.send(service(noon.Add(noteFor+time.Second), 30, 0))
	s.shows("q quit")
}

func TestSyncIsFollowedToItsEnd(t *testing.T) {
	s := newScreen(t, 120, 30)
	s.send(service(noon, 30, 0))
	s.send(doneMsg{verb: Sync, module: "www", said: "comparing", id: "7"})
	s.asked = nil
	s.send(tickMsg(noon))
	if diff := cmp.Diff([]string{"overview", "progress www 7"}, s.asked); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	p := control.Progress{ID: "7", Targets: []control.TargetProgress{{Target: "rsync://a/www", Percent: 50, Files: 9}}}
	s.send(progressMsg{module: "www", progress: p})
	s.shows("www sync [=========         ]  50%  9 files")
	p.Done = true
	s.send(progressMsg{module: "www", progress: p})
	s.shows("www: sync done")
	s.asked = nil
	s.send(tickMsg(noon))
	if diff := cmp.Diff([]string{"overview"}, s.asked); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestOneModuleInDetail(t *testing.T) {
	s := newScreen(t, 100, 24)
	s.send(service(noon, 30, 0))
	s.send(event(1, "www", "of another module"))
	s.send(event(2, "bbs", "1 path, 2 B"))
	s.press("enter")
	s.shows("bbs  degraded", "why:          rsync://b/bbs: connection refused")
	s.press("end")
	s.shows("1 path, 2 B")
	if strings.Contains(s.text(), "of another module") {
		t.Error("events of another module are shown")
	}
	s.press("?")
	s.shows("compare all of it")
	s.press("esc")
	s.shows("1 path, 2 B")
	s.press("esc")
	s.shows("> bbs")
}

func TestScreenSaysThatNobodyAnswers(t *testing.T) {
	s := newScreen(t, 80, 24)
	s.shows("asking ...")
	s.send(overviewMsg{at: noon, err: errors.New("not running: nobody answers")})
	s.shows("nobody answers")
	s.send(service(noon, 0, 0))
	s.send(overviewMsg{at: noon.Add(time.Minute), err: errors.New("not running: nobody answers")})
	s.shows("no answer: not running", "> bbs", "12:01:00")
	s.send(service(noon.Add(2*time.Minute), 0, 0))
	s.shows("q quit")
	s.send(overviewMsg{at: noon})
	s.shows("syncsvc add-module")
}

func TestQuitKeysQuit(t *testing.T) {
	for _, key := range []tea.KeyPressMsg{{Code: 'q', Text: "q"}, {Code: 'c', Mod: tea.ModCtrl}} {
		_, cmd := newScreen(t, 80, 24).model.Update(key)
		if cmd == nil {
			t.Fatalf("%s does nothing", key)
		}
		if _, ok := cmd().(tea.QuitMsg); !ok {
			t.Errorf("%s does not quit", key)
		}
	}
}

func TestOldEventsAndLagsAreForgotten(t *testing.T) {
	s := newScreen(t, 80, 24)
	for i := range maxEvents + 50 {
		s.send(event(uint64(i), "www", fmt.Sprint("number ", i)))
		s.send(service(noon.Add(time.Duration(i)*time.Second), float64(i), 0))
	}
	if got := len(s.model.events); got != maxEvents {
		t.Errorf("%d events are kept, want %d", got, maxEvents)
	}
	if got := len(s.model.lags["bbs"]); got != maxLags {
		t.Errorf("%d lags are kept, want %d", got, maxLags)
	}
	s.shows(fmt.Sprint("number ", maxEvents+49))
}
