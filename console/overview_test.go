package console

import (
	"strings"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// illService has a module in about every state there is.
func illService() control.Overview {
	next := noon.Add(4 * time.Second)
	started := before(76 * time.Hour)
	up := func(m control.Module) control.Module {
		m.Pid, m.Started, m.Since = 4711, started, *before(time.Hour)
		if m.Targets == 0 {
			m.Targets, m.TargetsOK = 2, 2
		}
		return m
	}
	return control.Overview{
		Version: "syncsvc 1.0.0 (linux/amd64)", Pid: 812, Started: *started, State: control.Misconfigured,
		Modules: []control.Module{
			up(control.Module{Name: "www", State: control.Live, LastSync: before(2 * time.Second), Rate: 3 << 20}),
			up(control.Module{Name: "bbs", State: control.Degraded, Reason: "rsync://backup@10.0.0.8/bbs: connection refused", Hint: "start rsyncd there", TargetsOK: 1, Targets: 2, Lag: 200, Owed: 1204, LastSync: before(time.Minute)}),
			up(control.Module{Name: "held", State: control.Held, Reason: "rsync://h/held: 1200 deletions wait for approval", Hint: "look at the target with: rsync -n --delete; then run: syncsvc approve MODULE", Held: 1200}),
			{Name: "dead", File: "/etc/syncsvc/conf.d/dead.yaml", State: control.Backoff, Reason: "killed by signal 9", NextStart: &next, Targets: 1, Restarts: 3},
			{Name: "broken", File: "/etc/syncsvc/conf.d/broken.yaml", State: control.Misconfigured, Problems: []control.Problem{{
				Module: "broken", File: "/etc/syncsvc/conf.d/broken.yaml", Line: 3, Column: 10, Key: "threads",
				Message: "threads: 5000 is out of range 1..1000", Text: "/etc/syncsvc/conf.d/broken.yaml:3:10: threads: 5000 is out of range 1..1000\n     3 | threads: 5000\n       |          ^",
			}}},
			up(control.Module{Name: "edited", State: control.Live, LastSync: before(3 * time.Hour), Problems: []control.Problem{{
				File: "/etc/syncsvc/conf.d/edited.yaml", Line: 1, Column: 1, Message: `unknown key "wacth"`, Hint: "did you mean watch?", Text: "x",
			}}}),
			up(control.Module{Name: "night", State: control.Paused, Owed: 12_345_678, Lag: 90000}),
			{Name: "off", State: control.Disabled, WantedWhy: "/etc/syncsvc/conf.d/off.yaml:4: enabled: false"},
			{Name: "down", State: control.Stopped},
		},
		Problems: []control.Problem{{File: "/etc/syncsvc/conf.d/syncsvc.yaml", Message: "a module cannot be called \"syncsvc\": the service itself answers to that name", Hint: "rename the file", Text: "y"}},
		Budget:   &control.Budget{Rsyncs: 16, RsyncsUsed: 4, Bandwidth: 10 << 20, BandwidthUsed: 3 << 20, Waiting: 2},
	}
}

func TestOverviewIsWorstFirstAndSaysWhatToDo(t *testing.T) {
	text := plain().Overview(illService())
	golden(t, "overview", text)
	fits(t, text, DefaultWidth)
}

func TestOverviewFitsWhateverTheNames(t *testing.T) {
	o := illService()
	for i := range o.Modules {
		o.Modules[i].Name = strings.Repeat("x漢", 40) + o.Modules[i].Name
		o.Modules[i].Reason = strings.Repeat("why ", 60) + "\nand more \x1b[2J"
		o.Modules[i].Owed, o.Modules[i].Lag, o.Modules[i].Rate = 1<<40, 1e9, 1e15
	}
	for _, width := range []int{80, 100, 160} {
		text := Look{Now: noon, Width: width}.Overview(o)
		fits(t, text, width)
		if strings.Contains(text, "\x1b") {
			t.Errorf("an escape sequence got through")
		}
	}
}

func TestColoursDoNotMoveColumns(t *testing.T) {
	coloured := Look{Now: noon, Colour: true}.Overview(illService())
	fits(t, coloured, DefaultWidth)
	if !strings.Contains(coloured, "\x1b[31mfailed\x1b[0m") {
		t.Errorf("no red where something failed:\n%s", coloured)
	}
	if got, want := stripped(coloured), plain().Overview(illService()); got != want {
		t.Errorf("without its colours it is\n%s\nand not\n%s", got, want)
	}
}

func TestNoModuleSaysHowToAddOne(t *testing.T) {
	text := plain().Overview(control.Overview{Pid: 812, Started: noon})
	if !strings.Contains(text, "syncsvc add-module") {
		t.Errorf("got %q", text)
	}
}

func TestSparkRisesWithTheLag(t *testing.T) {
	lags := []float64{9, 0, 1, 5, 15, 60, 300, 900, 3600}
	if got, want := Spark(lags, 8), "▁▂▃▄▅▆▇█"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Spark(lags[:1], 3), "  ▃"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
