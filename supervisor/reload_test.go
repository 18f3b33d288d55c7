package supervisor

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// reload asks for a reload and returns what it did, by module.
func (s *site) reload() (control.Reload, map[string]control.Action) {
	s.Helper()
	var done control.Reload
	s.ask("/v1/reload", nil, &done)
	return done, actions(done)
}

func actions(r control.Reload) map[string]control.Action {
	by := map[string]control.Action{}
	for _, m := range r.Modules {
		by[m.Module] = m.Action
	}
	return by
}

// stepOf returns what a reload did with one module.
func (s *site) stepOf(r control.Reload, name string) control.ModuleReload {
	s.Helper()
	for _, m := range r.Modules {
		if m.Module == name {
			return m
		}
	}
	s.Fatalf("%s is not in %+v", name, r)
	return control.ModuleReload{}
}

func TestReloadTouchesOnlyWhatChanged(t *testing.T) {
	s := newSite(t, "real")
	for _, name := range []string{"bbs", "www"} {
		s.module(name)
	}
	s.start()
	www, bbs := s.is("www", control.Live).Pid, s.is("bbs", control.Live).Pid
	s.module("bbs", "threads: 3")
	s.module("blog")
	done, did := s.reload()
	want := map[string]control.Action{"www": control.Untouched, "bbs": control.Restart, "blog": control.AddModule}
	if diff := cmp.Diff(want, did); diff != "" && did["bbs"] != control.Untouched { // the watch may have been faster
		t.Errorf("%s\n%+v", diff, done)
	}
	s.until("bbs has another process", func() bool { m := s.see("bbs"); return m.Pid != bbs && m.State == control.Live })
	s.is("blog", control.Live)
	s.mirrors("blog")
	if m := s.see("www"); m.Pid != www {
		t.Errorf("www was restarted: %+v", m)
	}
}

func TestSavedRemovedAndRenamedFilesAreFollowed(t *testing.T) {
	s := newSite(t, "real")
	s.module("www")
	s.start()
	www := s.is("www", control.Live).Pid
	s.module("bbs")
	bbs := s.is("bbs", control.Live).Pid
	s.mirrors("bbs")
	s.must(os.Rename(s.path("conf.d/bbs.yaml"), s.path("conf.d/forum.yaml")))
	s.is("forum", control.Live)
	s.until("bbs is gone", func() bool { return s.client.Get(t.Context(), "/v1/modules/bbs", nil) != nil && !alive(bbs) })
	s.must(os.Remove(s.path("conf.d/forum.yaml")))
	s.until("forum is gone", func() bool { return s.client.Get(t.Context(), "/v1/modules/forum", nil) != nil })
	if m := s.see("www"); m.Pid != www {
		t.Error("www was restarted")
	}
}

func TestInvalidFileLeavesTheModuleAsItWas(t *testing.T) {
	s := newSite(t, "real")
	s.module("www")
	s.start()
	pid := s.is("www", control.Live).Pid
	place := s.path("conf.d/www.yaml") + ":3:1"
	s.write("conf.d/new.yaml", "watch: relative\n")
	s.module("www", "thraeds: 3")
	s.until("the problem is shown", func() bool { return len(s.see("www").Problems) > 0 })
	m := s.see("www")
	if p := m.Problems[0]; m.Pid != pid || p.Line != 3 || !strings.HasPrefix(p.Text, place) || !strings.Contains(p.Hint, "threads") {
		t.Errorf("it is %+v", m)
	}
	var o control.Overview
	s.must(s.client.Get(t.Context(), "/v1/status", &o))
	if len(o.Problems) == 0 || o.Problems[0].Module != "new" {
		t.Errorf("a new invalid file is shown as %+v", o.Problems)
	}
	done, did := s.reload()
	if did["www"] != control.KeepOld || len(done.Problems) < 2 {
		t.Errorf("reload did %+v", done)
	}
	var plan control.Reload
	s.must(s.client.Get(t.Context(), "/v1/plan", &plan))
	if actions(plan)["www"] != control.KeepOld || plan.Applied || len(plan.Problems) != len(done.Problems) {
		t.Errorf("plan is %+v", plan)
	}
	s.mirrors("www")
	s.module("www")
	s.until("it is well again", func() bool { return len(s.see("www").Problems) == 0 })
	if m := s.see("www"); m.Pid != pid {
		t.Error("it was restarted")
	}
}

func TestProblemOfAFileThatAModuleNamesIsTheModules(t *testing.T) {
	s := newSite(t, "good")
	s.module("www", "exclude_from: "+s.path("rules"))
	s.start()
	var done control.Reload
	s.ask("/v1/reload", nil, &done)
	if len(done.Problems) != 1 || done.Problems[0].Module != "www" {
		t.Errorf("problems are %+v", done.Problems)
	}
}

func TestFolderThatIsGoneStopsNothing(t *testing.T) {
	s := newSite(t, "real")
	s.module("www")
	s.start()
	pid := s.is("www", control.Live).Pid
	s.must(os.Rename(s.settings.ConfDir, s.path("aside")))
	_, did := s.reload()
	if did["www"] != control.KeepOld {
		t.Errorf("reload did %+v", did)
	}
	s.must(os.Rename(s.path("aside"), s.settings.ConfDir))
	s.module("bbs")
	s.is("bbs", control.Live)
	if m := s.see("www"); m.Pid != pid {
		t.Error("it was restarted")
	}
}

func TestCorrectedModuleIsTriedAgain(t *testing.T) {
	s := newSite(t, "real")
	secret := s.write("secret", "password")
	s.must(os.Chmod(secret, 0o644))
	s.must(os.MkdirAll(s.path("src/www"), 0o700))
	s.write("conf.d/www.yaml", "watch: "+s.path("src/www")+"\ntargets: [rsync://nobody@127.0.0.1:1/www]\npassword_file: "+secret+"\n")
	s.start()
	if m := s.is("www", control.Misconfigured); !strings.Contains(m.Reason, "") || m.Hint == "" {
		t.Errorf("it is %+v", m)
	}
	s.must(os.Chmod(secret, 0o600))
	if _, did := s.reload(); did["www"] != control.Restart {
		t.Errorf("reload did %+v", did)
	}
	s.is("www", control.Backoff) // nobody answers at its target
}

func TestServiceSettingsThatChange(t *testing.T) {
	s := newSite(t, "real")
	s.module("www")
	now := *s.settings
	s.options.Reread = func() (*config.Service, error) { again := now; return &again, nil }
	s.start()
	pid := s.is("www", control.Live).Pid
	now.Budget.Rsyncs, now.LogDir, now.HungAfter = 2, s.path("elsewhere"), 42*time.Second
	var plan control.Reload
	s.must(s.client.Get(t.Context(), "/v1/plan", &plan))
	done, did := s.reload()
	want := []control.SettingChange{
		{KeyChange: control.KeyChange{Key: "log_dir", Old: s.path("log"), New: s.path("elsewhere")}, Restart: true},
		{KeyChange: control.KeyChange{Key: "max_rsyncs", Old: "off", New: "2"}},
		{KeyChange: control.KeyChange{Key: "hung_after", Old: s.settings.HungAfter.String(), New: "42s"}},
	}
	if diff := cmp.Diff(want, done.Settings); diff != "" || !cmp.Equal(done.Settings, plan.Settings) {
		t.Errorf("settings: %s\nplan: %+v", diff, plan.Settings)
	}
	if did["www"] != control.Restart || actions(plan)["www"] != control.Restart {
		t.Errorf("reload did %+v: without a restart it would not ask for its share", did)
	}
	if why := s.stepOf(done, "www").Why; !strings.HasSuffix(why, "max_rsyncs was off") {
		t.Errorf("it is restarted because %q", why)
	}
	s.until("it is back", func() bool { m := s.see("www"); return m.State == control.Live && m.Pid != pid })
	s.mirrors("www")
	var o control.Overview
	s.must(s.client.Get(t.Context(), "/v1/status", &o))
	if o.Budget == nil || o.Budget.Rsyncs != 2 {
		t.Errorf("budget is %+v", o.Budget)
	}
	now.Budget.Rsyncs = 5
	pid = s.see("www").Pid
	done, did = s.reload()
	if did["www"] != control.Untouched || s.see("www").Pid != pid {
		t.Errorf("another limit did %+v", did)
	}
	pending := func(c control.SettingChange) bool { return c.Key == "log_dir" && c.Restart }
	if len(done.Settings) != 2 || !slices.ContainsFunc(done.Settings, pending) {
		t.Errorf("what still waits for a restart of the service: %+v", done.Settings)
	}
}

func TestEventsOfTheServiceAndOfItsModules(t *testing.T) {
	s := newSite(t, "real")
	s.module("www")
	s.start()
	s.is("www", control.Live)
	seen := map[control.EventKind]control.Event{}
	var last uint64
	read := make(chan struct{})
	go func() {
		defer close(read)
		readStream(s, "/v1/events?since=0", func(e control.Event) bool {
			if e.Seq != last+1 {
				t.Errorf("%d follows %d", e.Seq, last)
			}
			last, seen[e.Kind] = e.Seq, e
			_, started := seen[control.EventStarted]
			_, arrived := seen[control.EventArrival]
			return started && arrived
		})
	}()
	s.until("all kinds of events have come", func() bool {
		s.write("src/www/page", time.Now().String())
		select {
		case <-read:
			return true
		default:
			return false
		}
	})
	if e := seen[control.EventArrival]; e.Module != "www" || e.Text == "" {
		t.Errorf("arrival is %+v", e)
	}
	if e := seen[control.EventReload]; e.Text == "" {
		t.Error("reading the configuration was no event")
	}
	readStream(s, "/v1/logs?module=www&lines=5&follow=1", func(r control.LogRecord) bool {
		return r.Module == "www" && r.Text != ""
	})
	var raw json.RawMessage
	if err := s.client.Stream(t.Context(), "/v1/logs?module=syncsvc&lines=1", func(v json.RawMessage) error { raw = v; return nil }); err != nil || len(raw) == 0 {
		t.Errorf("the service's own log: %s, %v", raw, err)
	}
}

func TestOptionsChangeInPlaceAndTargetsComeAndGo(t *testing.T) {
	s := newSite(t, "real")
	s.module("www")
	s.start()
	pid := s.is("www", control.Live).Pid
	s.mirrors("www")

	s.module("www", "max_delete: 7")
	done, did := s.reload()
	if did["www"] == control.InPlace {
		if c := s.stepOf(done, "www").Changes; len(c) != 1 || c[0].Key != "max_delete" || c[0].New != "7" {
			t.Errorf("changes are %+v", c)
		}
	}
	second := s.path("dst/second")
	s.must(os.MkdirAll(second, 0o700))
	s.write("conf.d/www.yaml", fmt.Sprintf("watch: %s\ntargets: [%s, %s]\nmax_delete: 7\n", s.path("src/www"), s.path("dst/www"), second))
	s.until("the new target has everything", func() bool {
		a, errA := os.ReadFile(s.path("dst/www/proof"))
		b, errB := os.ReadFile(second + "/proof")
		return errA == nil && errB == nil && string(a) == string(b)
	})
	s.until("both are shown", func() bool { return s.see("www").Targets == 2 })
	if m := s.see("www"); m.Pid != pid {
		t.Errorf("it is %+v", m)
	}
	s.module("www", "max_delete: 7")
	s.until("the target is dropped", func() bool { return s.see("www").Targets == 1 })
	if m := s.see("www"); m.Pid != pid {
		t.Error("it was restarted")
	}
	s.mirrors("www")
}

func TestReloadDoesNotHurryWhatWaitsAfterADeath(t *testing.T) {
	s := newSite(t, "crash")
	s.module("www")
	s.start()
	s.until("it has died twice", func() bool { return len(s.lives("www")) >= 2 })
	for {
		before := s.is("www", control.Backoff)
		s.reload()
		now := s.see("www")
		if time.Now().After(*before.NextStart) {
			continue // it was its time; the next wait is longer
		}
		if now.NextStart == nil || !now.NextStart.Equal(*before.NextStart) {
			t.Errorf("next start was %v and is %v", before.NextStart, now.NextStart)
		}
		return
	}
}
