package supervisor

import (
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/syncsvc/syncsvc/control"
)

// request asks for something of modules, waits until it is so and returns the
// answers.
func (s *site) request(word string, modules ...string) []control.ModuleAnswer {
	s.Helper()
	var answers []control.ModuleAnswer
	s.ask("/v1/"+word, control.ModulesRequest{Modules: modules, All: len(modules) == 0, Wait: true}, &answers)
	return answers
}

// does asks for something of one module that has to work.
func (s *site) does(word, module string) {
	s.Helper()
	if a := s.request(word, module); len(a) != 1 || a[0].Error != "" {
		s.Fatalf("%s %s: %+v", word, module, a)
	}
}

func TestModuleIsShownAsItIs(t *testing.T) {
	s := newSite(t, "real")
	s.module("www", "priority: 7")
	s.start()
	s.is("www", control.Live)
	s.mirrors("www")
	var m control.Module
	s.until("all is settled", func() bool { m = s.see("www"); return m.Owed == 0 && m.LastSync != nil })
	if m.Pid == 0 || m.Started == nil || m.Memory == 0 || m.Status == nil || m.Status.Pid != m.Pid {
		t.Errorf("its process is not shown: %+v", m)
	}
	if m.File != s.path("conf.d/www.yaml") || m.Priority != 7 || m.Wanted != control.WantedUp || m.Targets != 1 || m.TargetsOK != 1 || m.Lag != 0 {
		t.Errorf("it is %+v", m)
	}
	var o control.Overview
	s.must(s.client.Get(t.Context(), "/v1/status", &o))
	if o.State != control.Live || len(o.Modules) != 1 || o.Modules[0].Name != "www" || o.Budget != nil {
		t.Errorf("overview is %+v", o)
	}
}

func TestStoppedModuleStaysStoppedUntilStarted(t *testing.T) {
	s := newSite(t, "real")
	s.module("www")
	s.module("bbs")
	s.start()
	pid := s.is("www", control.Live).Pid
	other := s.is("bbs", control.Live).Pid
	s.does("stop", "www")
	if m := s.see("www"); m.State != control.Stopped || m.Wanted != control.WantedDown || m.Pid != 0 || alive(pid) {
		t.Errorf("stopped, it is %+v", m)
	}
	err := s.client.Post(t.Context(), "/v1/modules/www/pause", nil, nil)
	if f, ok := errors.AsType[*control.Failed](err); !ok || !errors.Is(err, control.ErrNotRunning) || !strings.Contains(f.Hint, "syncsvc start www") {
		t.Errorf("pausing a stopped module gave %#v", err)
	}
	s.does("start", "www")
	s.is("www", control.Live)
	s.does("restart", "www")
	if m := s.is("www", control.Live); m.Pid == pid || m.Restarts != 0 {
		t.Errorf("restarted, it is %+v", m)
	}
	if m := s.see("bbs"); m.Pid != other {
		t.Error("its neighbour was restarted too")
	}
	s.stop()
	s.start()
	s.is("www", control.Live) // a stop does not outlive the service
}

func TestDisabledModuleStaysSoAfterARestart(t *testing.T) {
	s := newSite(t, "real")
	s.module("www")
	s.start()
	s.is("www", control.Live)
	s.does("disable", "www")
	m := s.is("www", control.Disabled)
	if m.Wanted != control.WantedDisabled || !strings.Contains(m.WantedWhy, "syncsvc disable") || m.Hint != "syncsvc enable www" {
		t.Errorf("disabled, it is %+v", m)
	}
	if a := s.request("start", "www")[0]; !strings.Contains(a.Error, "is disabled by syncsvc disable") || a.Hint != "syncsvc enable www" {
		t.Errorf("starting it gave %+v", a)
	}
	s.stop()
	s.start()
	s.is("www", control.Disabled)
	s.does("enable", "www")
	s.is("www", control.Live)
}

func TestModuleDisabledInItsFileIsEnabledThere(t *testing.T) {
	s := newSite(t, "real")
	s.module("www", "enabled: false")
	s.start()
	m := s.is("www", control.Disabled)
	place := s.path("conf.d/www.yaml") + ":3"
	if !strings.HasPrefix(m.WantedWhy, place) || !strings.Contains(m.Hint, place) {
		t.Errorf("it is %+v, want %s", m, place)
	}
	if a := s.request("enable", "www")[0]; !strings.Contains(a.Error, place) || a.Hint == "" {
		t.Errorf("enabling it gave %+v", a)
	}
	s.module("www")
	s.is("www", control.Live)
}

func TestUnknownModuleIsNamedWithWhatWasPerhapsMeant(t *testing.T) {
	s := newSite(t, "good")
	s.module("website")
	s.module("broken", "nonsense: 1")
	s.start()
	s.until("it is read", func() bool { return len(s.lives("website")) == 1 })
	for name, want := range map[string]struct {
		status int
		text   string
	}{
		"websiet": {http.StatusNotFound, "did you mean website?"},
		"blog":    {http.StatusNotFound, "there are: website"},
		"broken":  {http.StatusUnprocessableEntity, "correct the file"},
	} {
		err := s.client.Post(t.Context(), "/v1/stop", control.ModulesRequest{Modules: []string{"website", name}}, nil)
		f, ok := errors.AsType[*control.Failed](err)
		if !ok || f.Status != want.status || !strings.Contains(f.Hint, want.text) {
			t.Errorf("%s: got %#v", name, err)
		}
	}
	if m := s.see("website"); m.Wanted != control.WantedUp {
		t.Error("a request that was refused has stopped something")
	}
}

func TestHungModuleIsShownWithoutWaitingForIt(t *testing.T) {
	s := newSite(t, "real")
	s.module("www")
	s.module("bbs")
	s.start()
	pid := s.is("www", control.Live).Pid
	s.is("bbs", control.Live)
	s.must(syscall.Kill(pid, syscall.SIGSTOP))
	defer func() { _ = syscall.Kill(pid, syscall.SIGCONT) }()
	var o control.Overview
	s.until("it is called degraded", func() bool {
		s.must(s.client.Get(t.Context(), "/v1/status", &o))
		return o.Modules[1].State == control.Degraded
	})
	if m := o.Modules[1]; !strings.Contains(m.Reason, "has not answered for") || m.Status == nil {
		t.Errorf("it is %+v", m)
	}
	s.mirrors("bbs")
	var told []control.State
	tells := func(e control.Event) control.State {
		if e.Kind == control.EventState && e.Target == "" {
			told = append(told, e.State)
		}
		return append(told, "")[max(0, len(told)-1)]
	}
	readStream(s, "/v1/events?module=www&since=0", func(e control.Event) bool { return tells(e) == control.Degraded })
	s.must(syscall.Kill(pid, syscall.SIGCONT))
	told = nil
	readStream(s, "/v1/events?module=www&since=0", func(e control.Event) bool {
		return tells(e) == control.Live && slices.Contains(told, control.Degraded)
	})
}

func TestModulesStartInTheOrderOfTheirPriorities(t *testing.T) {
	s := newSite(t, "real")
	for name, priority := range map[string]string{"third": "90", "first": "10", "second": "50"} {
		s.module(name, "priority: "+priority)
	}
	s.start()
	started := map[string]int64{}
	for _, name := range []string{"first", "second", "third"} {
		started[name] = s.is(name, control.Live).Started.UnixNano()
	}
	if started["first"] >= started["second"] || started["second"] >= started["third"] {
		t.Errorf("they started at %v", started)
	}
}

func TestModuleWithoutItsFolderDoesNotHoldTheService(t *testing.T) {
	m := newManager(t)
	s := newSite(t, "real")
	s.module("www")
	s.module("bbs")
	s.must(os.RemoveAll(s.path("src/bbs")))
	s.start()
	var heard []string // all of it: the last status may come with the word that it is ready
	for !slices.Contains(heard, "READY=1") {
		heard = append(heard, m.hears()...)
	}
	if st := s.see("bbs").State; st != control.WaitingSource {
		t.Errorf("bbs is %s", st)
	}
	s.is("www", control.Live)
	for !slices.Contains(heard, "STATUS=2 modules: 1 live, bbs waiting-source") {
		heard = append(heard, m.hears()...)
	}
	s.must(os.MkdirAll(s.path("src/bbs"), 0o700))
	s.is("bbs", control.Live)
}
