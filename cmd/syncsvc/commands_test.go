package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/control"
)

// contextUntil is a context that ends, as by Ctrl-C, when wait returns.
func contextUntil(t *testing.T, wait func()) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); wait(); cancel() }()
	return ctx, func() { cancel(); <-ended }
}

// supervised is a service with one module called www.
func supervised(t *testing.T) *fakeService {
	f := newFake(t, control.ServiceName)
	return f.answers("GET /v1/version", struct{}{})
}

func TestWaitTellsWhatIsBehind(t *testing.T) {
	f := supervised(t)
	var timeout atomic.Value
	f.Handle("GET /v1/wait", func(r *http.Request) (any, error) {
		timeout.Store(r.URL.Query().Get("timeout"))
		return control.WaitAnswer{Behind: []string{"www: rsync://a/www: 3 paths owed"}}, nil
	})
	f.answers("GET /v1/modules/www/wait", control.WaitAnswer{Done: true}).begin()
	f.run("wait", "--timeout", "90s").wants(t, exitBehind, "www: rsync://a/www: 3 paths owed\n", "syncsvc: not in sync after 1m30s\n")
	if got := timeout.Load(); got != "1m30s" {
		t.Errorf("asked to wait for %q", got)
	}
	f.run("wait", "--json").wants(t, exitBehind, `"done": false`, "")
	if o := f.run("wait", "www"); o != (outcome{}) {
		t.Errorf("a wait that succeeds says something: %+v", o)
	}
	f.run("wait", "--timeout", "1d60").wants(t, exitUsage, "", "write 500ms, 2s, 10m, 1h30m or 1d")
	f.run("wait", "--timeout", "60").wants(t, exitBehind, "", "syncsvc: not in sync after 1m0s\n")
}

func TestInterruptedCommandSaysSo(t *testing.T) {
	f := supervised(t)
	asked := make(chan struct{})
	f.Handle("GET /v1/wait", func(r *http.Request) (any, error) {
		close(asked)
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	f.begin()
	ctx, cancel := contextUntil(t, func() { <-asked })
	defer cancel()
	f.runUntil(ctx, "wait").wants(t, exitError, "", "syncsvc: interrupted\n")
}

func TestSyncIsFollowed(t *testing.T) {
	f := supervised(t)
	var asked atomic.Int32
	got := make(chan control.SyncRequest, 1)
	f.answers("GET /v1/modules/www/status", control.Status{Module: "www", Watch: "/srv/www"})
	f.Handle("POST /v1/modules/www/sync", func(r *http.Request) (any, error) {
		var req control.SyncRequest
		err := control.Decode(r, &req)
		got <- req
		return control.SyncStarted{ID: "7", Message: "comparing"}, err
	})
	f.Handle("GET /v1/modules/www/sync/7", func(*http.Request) (any, error) {
		last := asked.Add(1) > 1
		return control.Progress{ID: "7", Done: last, Targets: []control.TargetProgress{
			{Target: "rsync://a/www", Files: 9, Bytes: 2048, Done: last},
			{Target: "rsync://b/www", Waiting: "away: connection refused", Done: last},
		}}, nil
	})
	f.begin()
	o := f.run("sync", "www", "--path", "/srv/www/images", "--target", "rsync://a/www")
	o.wants(t, exitOK, "rsync://b/www: 0%, 0 files, 0 B, waits: away: connection refused\n", "")
	o.wants(t, exitOK, "rsync://a/www: 100%, 9 files, 2.0 KiB, done\n", "")
	if diff := cmp.Diff(control.SyncRequest{Target: "rsync://a/www", Path: "images"}, <-got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	f.run("sync", "www", "--path", "/srv/wwwelse").wants(t, exitUsage, "", "beneath /srv/www")
	f.run("sync", "www", "--no-wait").wants(t, exitOK, "www: comparing\n", "")
	<-got
}

func TestSyncGoesOnWhenItIsLeft(t *testing.T) {
	f := supervised(t)
	asked := make(chan struct{}, 100) // more than there will be
	f.answers("POST /v1/modules/www/sync", control.SyncStarted{ID: "7"})
	f.Handle("GET /v1/modules/www/sync/7", func(*http.Request) (any, error) {
		asked <- struct{}{}
		return control.Progress{ID: "7"}, nil
	})
	f.begin()
	ctx, cancel := contextUntil(t, func() { <-asked; <-asked })
	defer cancel()
	f.runUntil(ctx, "sync", "www").wants(t, exitBehind, "", "the sync of www goes on")
}

func TestSyncThatWasDoneInPart(t *testing.T) {
	for _, c := range []struct {
		held int64
		fail string
		code int
		say  string
	}{
		{0, "", exitOK, ""},
		{0, "No space left on device", exitBehind, "not in sync: rsync://a/www: No space left on device\nhint: syncsvc failures www\n"},
		{3, "3 deletions wait for approval", exitHeld, "held: rsync://a/www: 3 deletions wait for approval\nhint: syncsvc approve www\n"},
	} {
		f := supervised(t)
		f.answers("POST /v1/modules/www/sync", control.SyncStarted{ID: "7"})
		f.answers("GET /v1/modules/www/status", control.Status{Targets: []control.Target{{URL: "rsync://a/www", Held: c.held}}})
		f.answers("GET /v1/modules/www/sync/7", control.Progress{ID: "7", Done: true, Targets: []control.TargetProgress{
			{Target: "rsync://a/www", Error: c.fail, Done: true},
		}}).begin()
		f.run("sync", "www").wants(t, c.code, "", c.say)
		f.run("sync", "www", "--json").wants(t, c.code, `"done": true`, c.say)
	}
}

func TestVerifyListsDifferences(t *testing.T) {
	f := supervised(t)
	found := control.VerifyAnswer{Compared: 1204, Took: 2.4, More: 2, Repairing: 1, Differences: []control.Difference{
		{Target: "rsync://a/www", Path: "a\x1b[2J", What: "missing"},
	}}
	got := make(chan control.VerifyRequest, 1)
	f.Handle("POST /v1/modules/www/verify", func(r *http.Request) (any, error) {
		var req control.VerifyRequest
		err := control.Decode(r, &req)
		got <- req
		if req.Target == "rsync://same/www" {
			return control.VerifyAnswer{Compared: 3}, err
		}
		return found, err
	})
	f.begin()
	o := f.run("verify", "www", "--sample", "10%", "--checksum", "--repair")
	o.wants(t, exitBehind, `missing  a\x1b[2J  rsync://a/www`+"\nand 2 more that are not listed\n3 differences in 1,204 files compared, 2.4s\n1 path on the way now\n", "")
	if diff := cmp.Diff(control.VerifyRequest{Sample: 10, Checksum: true, Repair: true}, <-got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	f.run("verify", "www", "--target", "rsync://same/www").wants(t, exitOK, "no difference in 3 files compared", "")
	<-got
	f.run("sync", "www", "--dry-run").wants(t, exitOK, "missing", "")
	<-got
	for _, bad := range []string{"0", "101%", "ten", "NaN"} {
		f.run("verify", "www", "--sample", bad).wants(t, exitUsage, "", "percentage")
	}
}

func TestFailuresOfAllModules(t *testing.T) {
	f := supervised(t)
	f.answers("GET /v1/status", control.Overview{Modules: []control.Module{wellModule("www"), wellModule("bbs"), {Name: "down"}}})
	f.answers("GET /v1/modules/www/failures", control.FailuresAnswer{Failures: []control.TargetFailure{
		{Target: "rsync://a/www", Failure: control.Failure{Path: "secret", Reason: "Permission denied (13)", Attempts: 3}},
	}})
	f.answers("GET /v1/modules/bbs/failures", control.FailuresAnswer{})
	f.answers("GET /v1/modules/www/status", control.Status{
		Module: "www", Watch: "/srv/www", Targets: []control.Target{{URL: "rsync://a/www"}},
	})
	f.Handle("POST /v1/modules/{name}/failures", func(r *http.Request) (any, error) {
		var req control.FailuresRequest
		err := control.Decode(r, &req)
		return control.Answer{Message: fmt.Sprintf("%s retry %v clear %v %s", r.PathValue("name"), req.Retry, req.Clear, req.Path)}, err
	})
	f.begin()
	o := f.run("failures")
	o.wants(t, exitBehind, "why: Permission denied (13)", "")
	o.wants(t, exitBehind, "www     secret", "")
	f.run("failures", "--json").wants(t, exitBehind, `"module": "www"`, "")
	f.run("failures", "www", "--path", "/srv/www/secret").wants(t, exitBehind, "www     secret", "")
	f.run("failures", "www", "--path", "./secret").wants(t, exitBehind, "www     secret", "")
	f.run("failures", "www", "--path", "other").wants(t, exitOK, "no path fails\n", "")
	f.run("failures", "www", "--target", "rsync://a/www").wants(t, exitBehind, "www     secret", "")
	f.run("failures", "www", "--target", "rsync://b/www").wants(t, exitError, "", "no target \"rsync://b/www\"\nhint: its targets are: rsync://a/www\n")
	f.run("failures", "bbs").wants(t, exitOK, "no path fails\n", "")
	f.run("failures", "bbs", "--json").wants(t, exitOK, `"failures": []`, "")
	f.run("failures", "www", "--retry").wants(t, exitOK, "www: www retry true clear false", "")
	f.run("failures", "www", "--clear", "--path", "secret").wants(t, exitOK, "clear true secret", "")
	f.run("failures", "--clear", "--retry").wants(t, exitUsage, "", "not both")
}

func TestSwitchingSomeOfTheModules(t *testing.T) {
	f := supervised(t)
	for _, v := range switchVerbs() {
		f.Handle("POST /v1/"+v.name, func(r *http.Request) (any, error) {
			var req control.ModulesRequest
			if err := control.Decode(r, &req); err != nil {
				return nil, err
			}
			if req.All {
				return []control.ModuleAnswer{}, nil
			}
			var answers []control.ModuleAnswer
			for _, name := range req.Modules {
				a := control.ModuleAnswer{Module: name, Message: v.name + "ed"}
				if name == "bad" {
					a = control.ModuleAnswer{Module: name, Error: "is disabled in its file", Hint: "edit it"}
				}
				answers = append(answers, a)
			}
			return answers, nil
		})
	}
	f.begin()
	for _, v := range switchVerbs() {
		f.run(v.name, "www").wants(t, exitOK, "www: "+v.name+"ed\n", "")
		f.run(v.name, "--all").wants(t, exitOK, "", "")
		f.run(v.name).wants(t, exitUsage, "", "--all")
		f.run(v.name, "www", "--all").wants(t, exitUsage, "", "not both")
	}
	f.run("enable", "www", "bad").wants(t, exitBehind, "www: enableed\n", "syncsvc: bad: is disabled in its file\nhint: edit it\n")
	f.run("enable", "bad").wants(t, exitError, "", "is disabled in its file")
	f.run("enable", "bad", "--json").wants(t, exitError, `"error": "is disabled in its file"`, "")
}

func TestReloadShowsInvalidFiles(t *testing.T) {
	f := supervised(t)
	r := control.Reload{Applied: true, Modules: []control.ModuleReload{{Module: "www", Action: control.KeepOld}, {Module: "new", Action: control.AddModule}}, Problems: []control.Problem{
		{Module: "www", File: "www.yaml", Line: 3, Message: "threads: 5000 is out of range", Text: "www.yaml:3:10: threads: 5000 is out of range\n     3 | threads: 5000"},
	}}
	f.answers("POST /v1/reload", r)
	planned := r
	planned.Applied, planned.Problems, planned.Modules = false, nil, planned.Modules[1:]
	f.answers("GET /v1/plan", planned).begin()
	o := f.run("reload")
	o.wants(t, exitConfig, "new: started\n", "www.yaml:3:10: threads: 5000 is out of range\n     3 | threads: 5000\n")
	f.run("reload", "--json").wants(t, exitConfig, `"applied": true`, "")
	f.run("plan").wants(t, exitOK, "new: would start\n", "")
}

func TestPlanOfAStoppedService(t *testing.T) {
	f := noService(t)
	conf := filepath.Join(f.dir, "conf.d")
	for _, dir := range []string{conf, filepath.Join(f.dir, "src")} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	good := fmt.Sprintf("watch: %s/src\ntargets: [%s/dst]\n", f.dir, f.dir)
	for name, text := range map[string]string{"good.yaml": good, "bad.yaml": "wacth: /srv\n"} {
		if err := os.WriteFile(filepath.Join(conf, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := f.run("plan")
	o.wants(t, exitNotRunning, "good: would start, once the service runs\n", "bad.yaml:1:1: unknown key")
	o.wants(t, exitNotRunning, "", "not running")
	f.run("reload").wants(t, exitNotRunning, "", "not running")
	o = f.run("__complete", "status", "g")
	o.wants(t, exitOK, "good\n", "")
	o = f.run("__complete", "pause", "good", "")
	if !strings.HasPrefix(o.out, "bad\n:") {
		t.Errorf("what is named already is completed again: %s", o.out)
	}
}

func TestEventsAreStreamed(t *testing.T) {
	f := supervised(t)
	now := time.Now()
	query := make(chan string, 1)
	f.HandleStream("GET /v1/events", control.Events, func(r *http.Request, send func(any) error) error {
		query <- r.URL.RawQuery
		for i, age := range []time.Duration{time.Hour, time.Second} {
			e := control.Event{Seq: uint64(i + 1), Time: now.Add(-age), Kind: control.EventArrival, Module: "www", Text: fmt.Sprintf("age %s\x1b", age)}
			if err := send(e); err != nil {
				return err
			}
		}
		return nil
	})
	f.begin()
	o := f.run("events")
	o.wants(t, exitNotRunning, `age 1h0m0s\x1b`, "the service has ended the stream")
	if got := <-query; got != "" {
		t.Errorf("asked for %q", got)
	}
	o = f.run("events", "www", "--since", "10m", "--json")
	if got := <-query; got != "module=www&since=0" {
		t.Errorf("asked for %q", got)
	}
	var e control.Event
	if err := json.Unmarshal([]byte(o.out), &e); err != nil || e.Seq != 2 {
		t.Errorf("%v in %s", err, o.out)
	}
	f.run("events", "--since", "yesterday").wants(t, exitUsage, "", "neither")
}

func TestLogsArePrinted(t *testing.T) {
	f := supervised(t)
	query := make(chan string, 1)
	f.HandleStream("GET /v1/logs", control.Lines, func(r *http.Request, send func(any) error) error {
		query <- r.URL.RawQuery
		return send(control.LogRecord{Time: time.Now(), Level: "warn", Module: "www", Text: "target is away", Attrs: control.LogAttrs{{Key: "err", Value: []byte(`"a b"`)}}})
	})
	f.begin()
	f.run("logs", "www", "-n", "5", "--level", "warn").wants(t, exitOK, "WARN   www  target is away err=\"a b\"\n", "")
	if got := <-query; got != "level=warn&lines=5&module=www" {
		t.Errorf("asked for %q", got)
	}
	f.run("logs", "-f", "--json").wants(t, exitNotRunning, `"msg":"target is away"`, "ended the stream")
	<-query
	f.run("logs", "--level", "loud").wants(t, exitUsage, "", "loud")
	f.run("logs", "-n", "-1").wants(t, exitUsage, "", "negative")
}

func TestWhyOfAnAbsolutePath(t *testing.T) {
	f := supervised(t)
	root := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(root, link); err != nil {
		t.Fatal(err)
	}
	f.answers("GET /v1/modules/www/status", control.Status{Module: "www", Watch: root})
	f.Handle("GET /v1/modules/www/why", func(r *http.Request) (any, error) {
		return control.WhyAnswer{Path: control.Path(r.URL.Query().Get("path")), Rule: "nothing excludes it", Mirrored: true}, nil
	})
	f.begin()
	for _, path := range []string{"logs/a b\xff&.log", root + "/logs/a b\xff&.log", link + "/logs/../logs/a b\xff&.log"} {
		if err := os.MkdirAll(filepath.Join(root, "logs"), 0o755); err != nil {
			t.Fatal(err)
		}
		f.run("why", "www", path).wants(t, exitOK, `logs/a b\xff&.log  mirrored`, "")
	}
	f.run("why", "www", "/elsewhere").wants(t, exitUsage, "", root)
	for _, path := range []string{"..", "../x", "logs/../../x"} {
		f.run("why", "www", path).wants(t, exitUsage, "", "leads out of the folder that module \"www\" watches")
		f.run("sync", "www", "--path", path).wants(t, exitUsage, "", "leads out of")
	}
	f.run("why", "www").wants(t, exitUsage, "", "a module and a path")
}

func TestTopNeedsATerminal(t *testing.T) {
	noService(t).run("top").wants(t, exitUsage, "", "top needs a terminal\nhint: syncsvc status --watch\n")
}
