package alert

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/syncsvc/syncsvc/control"
)

// TestMain lets the test binary be the program that an alert calls.
func TestMain(m *testing.M) {
	switch os.Getenv("SYNCSVC_ALERT_TEST") {
	case "store":
		text, err := io.ReadAll(os.Stdin)
		if err == nil {
			err = os.WriteFile(os.Args[1], text, 0o600)
		}
		if err != nil {
			panic(err)
		}
		return
	case "fail":
		fmt.Println("no pager is on duty")
		os.Exit(3)
	case "marked":
		if os.Getenv("SYNCSVC_ALERT_MARK") != "7" {
			os.Exit(4)
		}
		return
	case "hang":
		select {}
	}
	goleak.VerifyTestMain(m)
}

func epoch() time.Time { return time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC) }

// world is a service with one module and one target, as the evaluator sees it.
type world struct {
	t *testing.T
	e *evaluator
	control.Overview
	now time.Time
}

func newWorld(t *testing.T, rules ...control.AlertRule) *world {
	for i := range rules {
		if rules[i].Name == "" {
			rules[i].Name = string(rules[i].On)
		}
	}
	w := &world{t: t, e: newEvaluator(rules, "host1"), now: epoch()}
	w.Modules = []control.Module{{
		Name: "www", Wanted: control.WantedUp, State: control.Live, Pid: 7, Since: w.now,
		Status: &control.Status{Started: w.now, Targets: []control.Target{{URL: "a", State: control.Live}}},
	}}
	return w
}

func (w *world) module() *control.Module { return &w.Modules[0] }
func (w *world) target() *control.Target { return &w.Modules[0].Status.Targets[0] }

// after looks every five seconds until d has passed, and returns what was told
// as "state: text".
func (w *world) after(d time.Duration) []string {
	var out []string
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(lookEvery)
		for _, m := range w.e.look(w.now, w.Overview) {
			out = append(out, m.State+": "+m.Text)
		}
	}
	return out
}

// tells wants exactly one message that begins so.
func (w *world) tells(d time.Duration, want string) {
	w.t.Helper()
	if got := w.after(d); len(got) != 1 || !strings.HasPrefix(got[0], want) {
		w.t.Errorf("told %q, want %q", got, want)
	}
}

func (w *world) silent(d time.Duration) {
	w.t.Helper()
	if got := w.after(d); len(got) > 0 {
		w.t.Errorf("told %q", got)
	}
}

func decode(t *testing.T, text []byte) Message {
	t.Helper()
	var m Message
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return m
}
