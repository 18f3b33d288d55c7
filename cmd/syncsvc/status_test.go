package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/syncsvc/syncsvc/control"
)

func TestStatusIsInSync(t *testing.T) {
	f := newFake(t, control.ServiceName)
	f.answers("GET /v1/status", control.Overview{Pid: 1, Modules: []control.Module{wellModule("www")}}).begin()
	f.run("status").wants(t, exitOK, "www     live", "")
	if o := f.run("status", "--quiet"); o != (outcome{}) {
		t.Errorf("quiet status of what is well: %+v", o)
	}
}

func TestVerdictThatWins(t *testing.T) {
	with := func(change func(*control.Module)) control.Module {
		m := wellModule("www")
		change(&m)
		return m
	}
	well := wellModule("well")
	down := with(func(m *control.Module) { m.State, m.Pid = control.Backoff, 0 })
	broken := with(func(m *control.Module) { m.State, m.Pid = control.Misconfigured, 0 })
	edited := with(func(m *control.Module) { m.Problems = []control.Problem{{Message: "x"}} })
	held := with(func(m *control.Module) { m.State, m.Held = control.Held, 3 })
	behind := with(func(m *control.Module) { m.Owed = 1 })
	failing := with(func(m *control.Module) { m.Failing = 1 })
	starting := with(func(m *control.Module) { m.State = control.Starting })
	stopped := with(func(m *control.Module) { m.State, m.Pid, m.Wanted = control.Stopped, 0, control.WantedDown })
	disabled := with(func(m *control.Module) { m.State, m.Pid, m.Wanted = control.Disabled, 0, control.WantedDisabled })
	for _, c := range []struct {
		modules  []control.Module
		problems int
		want     int
	}{
		{nil, 0, exitOK},
		{nil, 1, exitConfig},
		{[]control.Module{well, stopped, disabled}, 0, exitOK},
		{[]control.Module{well, behind}, 0, exitBehind},
		{[]control.Module{failing}, 0, exitBehind},
		{[]control.Module{starting}, 0, exitBehind},
		{[]control.Module{behind, held, behind}, 0, exitHeld},
		{[]control.Module{held, edited}, 0, exitConfig},
		{[]control.Module{held, broken}, 0, exitConfig},
		{[]control.Module{behind}, 1, exitConfig},
		{[]control.Module{broken, down, held}, 1, exitNotRunning},
	} {
		o := control.Overview{Modules: c.modules, Problems: make([]control.Problem, c.problems)}
		if got := exitCode(judge(o)); got != c.want {
			t.Errorf("%+v: got %d, want %d", c, got, c.want)
		}
	}
	if got := exitCode(judgeModule(stopped)); got != exitNotRunning {
		t.Errorf("a stopped module that was asked for by name: got %d", got)
	}
}

func TestStatusWithoutAService(t *testing.T) {
	f := noService(t)
	f.run("status").wants(t, exitNotRunning, "", "not running")
	f.run("status", "www").wants(t, exitNotRunning, "", "hint: start it")
	if o := f.run("status", "-q"); o != (outcome{code: exitNotRunning}) {
		t.Errorf("quiet status of a stopped service: %+v", o)
	}
}

func TestModuleThatRunsAloneIsAskedItself(t *testing.T) {
	f := newFake(t, "www")
	f.answers("GET /v1/status", *wellModule("www").Status)
	f.answers("POST /v1/approve", control.Answer{Message: "nothing is held"})
	f.answers("POST /v1/pause", control.Answer{Message: "paused"}).begin()
	f.run("status").wants(t, exitOK, "www     live", "")
	f.run("status", "www").wants(t, exitOK, "target rsync://a/www  live", "")
	f.run("approve", "www").wants(t, exitOK, "www: nothing is held\n", "")
	f.run("pause", "www").wants(t, exitOK, "www: paused\n", "")
	f.run("pause", "bbs").wants(t, exitNotRunning, "", "not running")
	f.run("stop", "www").wants(t, exitNotRunning, "", "not running")
}

func TestOneModuleIsAskedThroughTheSupervisor(t *testing.T) {
	f := newFake(t, control.ServiceName)
	f.answers("GET /v1/version", struct{}{})
	f.answers("GET /v1/modules/www", wellModule("www"))
	f.Handle("GET /v1/modules/{name}", func(r *http.Request) (any, error) {
		return nil, &control.Failed{Status: http.StatusNotFound, Err: fmt.Errorf("there is no module %q", r.PathValue("name")), Hint: "did you mean www?"}
	})
	f.Handle("POST /v1/modules/{name}/approve", func(r *http.Request) (any, error) {
		return nil, &control.Failed{Status: http.StatusServiceUnavailable, Err: fmt.Errorf("module %q does not run", r.PathValue("name")), Hint: "syncsvc start www"}
	})
	f.begin()
	f.run("status", "www").wants(t, exitOK, "www  live", "")
	f.run("status", "wwww").wants(t, exitError, "", "syncsvc: there is no module \"wwww\"\nhint: did you mean www?\n")
	f.run("approve", "www").wants(t, exitNotRunning, "", "does not run\nhint: syncsvc start www\n")
	f.run("status", "../x").wants(t, exitUsage, "", "not a module's name")
	f.run("status", "www", "bbs").wants(t, exitUsage, "", "takes one module")
	o := f.run("status", "www", "--json")
	var m control.Module
	if err := json.Unmarshal([]byte(o.out), &m); err != nil || m.Status.Targets[0].URL != "rsync://a/www" {
		t.Errorf("%v in %s", err, o.out)
	}
}

func TestWatchedStatusIsRepeated(t *testing.T) {
	f := newFake(t, control.ServiceName)
	var asked atomic.Pointer[chan struct{}] // by the command that runs
	f.Handle("GET /v1/status", func(*http.Request) (any, error) {
		*asked.Load() <- struct{}{}
		return control.Overview{Pid: 1}, nil
	})
	f.begin()
	for _, args := range [][]string{{"--json"}, nil} {
		now := make(chan struct{}, 1000) // more than there will be
		asked.Store(&now)
		ctx, cancel := contextUntil(t, func() { <-now; <-now; <-now })
		o := f.runUntil(ctx, append([]string{"status", "--watch", "--every", "100ms"}, args...)...)
		cancel()
		if o.code != exitOK || o.err != "" {
			t.Fatalf("%+v", o)
		}
		if args == nil {
			if n := strings.Count(o.out, "0 modules\n"); n < 2 {
				t.Errorf("it is shown %d times:\n%s", n, o.out)
			}
			continue
		}
		for _, line := range strings.Split(strings.TrimSpace(o.out), "\n") {
			if !json.Valid([]byte(line)) {
				t.Errorf("no JSON in one line: %q", line)
			}
		}
	}
	f.run("status", "--watch", "--every", "1ms").wants(t, exitUsage, "", "too short")
}
