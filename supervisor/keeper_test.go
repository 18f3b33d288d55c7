package supervisor

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

func TestKeeperDoesAsItIsTold(t *testing.T) {
	w := keep(t, "good", nil)
	<-w.Ready()
	s := w.untilState(control.Live)
	if s.Reason != "armed" || s.Pid == 0 || s.Memory == 0 || s.Started.IsZero() {
		t.Errorf("status is %+v", s)
	}
	w.want(false)
	down := w.untilState(control.Stopped)
	if down.Pid != 0 || len(down.Deaths) > 0 || unix.Kill(s.Pid, 0) == nil {
		t.Errorf("after the stop: %+v", down)
	}
	w.want(true)
	again := w.untilState(control.Live)
	w.restart()
	w.until("it is another one", func(s keeperStatus) bool { return s.State == control.Live && s.Pid != again.Pid })
	if s := w.status(); s.Restarts != 0 || len(s.Deaths) != 0 {
		t.Errorf("what was asked for counts as a death: %+v", s)
	}
}

func TestChangeInPlaceKeepsTheChild(t *testing.T) {
	w := keep(t, "good", nil)
	s := w.untilState(control.Live)
	next := &config.Module{Name: "www"}
	w.configure(next, false)
	w.configure(next, false)
	if now := w.status(); now.Pid != s.Pid {
		t.Errorf("pid %d became %d", s.Pid, now.Pid)
	}
	w.configure(next, true)
	w.until("it is another one", func(n keeperStatus) bool { return n.State == control.Live && n.Pid != s.Pid })
}

func TestHungChildTellsWhatItDidAndIsKilled(t *testing.T) {
	w := keep(t, "stuck", func(o *keeperOptions) { o.HungAfter = 5 * time.Second })
	d := w.untilDead()
	if !strings.HasPrefix(d.Cause, "no sign of life for ") {
		t.Errorf("cause is %q", d.Cause)
	}
	checkDump(t, d, "SIGABRT", "TestAsKeptChild")
}

// checkDump expects a file that only its owner may read, with texts in it.
func checkDump(t *testing.T, d control.Death, texts ...string) {
	t.Helper()
	info, err := os.Stat(d.Dump)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %o", info.Mode().Perm())
	}
	dump, err := os.ReadFile(d.Dump)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		if !strings.Contains(string(dump), text) {
			t.Errorf("%q is not in the dump:\n%s", text, dump)
		}
	}
	if len(d.First) == 0 || len(d.Last) == 0 {
		t.Errorf("of what it said there is %q, %q", d.First, d.Last)
	}
}

func TestStoppedChildIsTakenForHung(t *testing.T) {
	w := keep(t, "good", func(o *keeperOptions) { o.HungAfter = 5 * time.Second })
	s := w.untilState(control.Live)
	if err := unix.Kill(s.Pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	d := w.untilDead()
	if !strings.HasPrefix(d.Cause, "no sign of life for ") || d.Pid != s.Pid {
		t.Errorf("death is %+v", d)
	}
	checkDump(t, d, "SIGABRT")
	w.untilState(control.Live)
}

func TestStoppedChildCanBeStopped(t *testing.T) {
	w := keep(t, "good", func(o *keeperOptions) { o.Drain = time.Minute })
	s := w.untilState(control.Live)
	if err := unix.Kill(s.Pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	w.want(false)
	w.untilState(control.Stopped)
}

func TestPanicIsRememberedAcrossRestarts(t *testing.T) {
	w := keep(t, "panic once", nil)
	d := w.untilDead()
	if d.Cause != "panic: there is no room for it" && !strings.HasPrefix(d.Cause, "panic: there is no room for it [") {
		t.Errorf("cause is %q", d.Cause)
	}
	checkDump(t, d, "there is no room for it", "TestAsKeptChild")
	w.want(true) // at once
	s := w.untilState(control.Live)
	if s.Restarts != 1 {
		t.Errorf("%d restarts", s.Restarts)
	}
	w.end()
	w.mu.Lock()
	defer w.mu.Unlock()
	var kinds []control.EventKind
	for _, e := range w.events {
		kinds = append(kinds, e.Kind)
	}
	want := []control.EventKind{control.EventStarted, control.EventDied, control.EventStarted, control.EventStopped}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("events, -want +got:\n%s", diff)
	}
	later := newKeeper(w.keeperOptions)
	later.remember()
	if diff := cmp.Diff(s.Deaths, later.status().Deaths); diff != "" {
		t.Errorf("after a restart of the service, -want +got:\n%s", diff)
	}
	if len(w.lines) == 0 || !strings.HasPrefix(w.lines[0], "{") {
		t.Errorf("output is %q", w.lines)
	}
}

func TestOnlyAConfigurationErrorEndsTheTrying(t *testing.T) {
	w := keep(t, "config", nil)
	s := w.untilState(control.Misconfigured)
	<-w.Ready()
	if s.Reason != `/etc/syncsvc/conf.d/www.yaml:3:1: unknown key "targte"` || !strings.Contains(s.Hint, "/etc/syncsvc/conf.d/www.yaml") || !s.NextStart.IsZero() {
		t.Errorf("status is %+v", s)
	}
	w.setFate("good")
	w.configure(&config.Module{Name: "www"}, false)
	w.untilState(control.Live)
}

func TestOtherDeathsAreTriedAgain(t *testing.T) {
	w := keep(t, "exit", nil)
	s := w.untilState(control.Backoff)
	if s.NextStart.Before(s.Since) || s.Deaths[0].Cause != "ended by itself" {
		t.Errorf("status is %+v", s)
	}
	w.until("it was started again", func(s keeperStatus) bool { return s.Restarts > 0 && len(s.Deaths) > 1 })
}

func TestDeathTellsWhatTheChildSaidAndItsWayOut(t *testing.T) {
	w := keep(t, "refuse", nil)
	s := w.untilState(control.Backoff)
	if s.Reason != `exit code 1: module "www": already running` || s.Hint != "see which with: fuser lock" {
		t.Errorf("status is %+v", s)
	}
}

func TestKilledChildIsTriedAgain(t *testing.T) {
	w := keep(t, "good", nil)
	s := w.untilState(control.Live)
	_ = syscall.Kill(s.Pid, syscall.SIGKILL)
	if d := w.untilDead(); d.Cause != "killed by signal 9 (killed)" || d.Pid != s.Pid {
		t.Errorf("death is %+v", d)
	}
	w.until("another one lives", func(n keeperStatus) bool { return n.State == control.Live && n.Pid != s.Pid })
}

func TestChildThatCannotBeStarted(t *testing.T) {
	w := keep(t, "good", func(o *keeperOptions) {
		o.Module = &config.Module{Name: "www", Process: config.Process{User: "no-such-user-here", WholeInstance: true}}
	})
	if d := w.untilDead(); !strings.Contains(d.Cause, "no-such-user-here") {
		t.Errorf("cause is %q", d.Cause)
	}
}

func TestChildThatUsesTooMuchMemoryIsKilled(t *testing.T) {
	w := keep(t, "greedy", func(o *keeperOptions) {
		o.Module = &config.Module{Name: "www", File: "www.yaml", Process: config.Process{MemoryMax: 48 << 20}}
	})
	d := w.untilDead()
	if !strings.HasPrefix(d.Cause, "used ") || !strings.HasSuffix(d.Cause, " of memory, memory_max is 48 MiB") {
		t.Errorf("cause is %q", d.Cause)
	}
	if s := w.untilState(control.Backoff); !strings.Contains(s.Hint, "raise memory_max in www.yaml") {
		t.Errorf("hint is %q", s.Hint)
	}
}

func TestOldDumpsAndDeathsAreForgotten(t *testing.T) {
	w := keep(t, "good", nil)
	w.untilState(control.Live)
	l := &life{keeper: w.keeper}
	now := time.Now()
	for i := range maxDumps + 3 {
		if _, err := l.dump([]string{fmt.Sprint(i)}, now.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	dumps, _ := filepath.Glob(filepath.Join(w.home, dumpPattern))
	if len(dumps) != maxDumps {
		t.Errorf("%d dumps are kept", len(dumps))
	}
	for i := range maxDeaths + 3 {
		w.record(control.Death{Pid: i})
	}
	deaths := w.status().Deaths
	if len(deaths) != maxDeaths || deaths[len(deaths)-1].Pid != maxDeaths+2 {
		t.Errorf("deaths are %+v", deaths)
	}
}

func TestPulseForgivesASleepingMachine(t *testing.T) {
	now := time.Now()
	p := &pulse{}
	p.beat()
	look := func(after time.Duration) time.Duration {
		now = now.Add(after)
		return p.quiet(now, 10*time.Second)
	}
	look(0)
	if q := look(time.Hour); q != 0 {
		t.Errorf("after a night: %s", q)
	}
	for range 7 {
		if q := look(checkEvery); q != 0 {
			t.Errorf("too early: %s", q)
		}
	}
	if q := look(checkEvery); q != 10*time.Second {
		t.Errorf("quiet for %s", q)
	}
	p.beat()
	if q := look(checkEvery); q != 0 {
		t.Errorf("after a beat: %s", q)
	}
}

func TestFirstBeatMayTakeLonger(t *testing.T) {
	now := time.Now()
	p := &pulse{}
	var quiet time.Duration
	for i := 0; quiet == 0; i++ {
		quiet = p.quiet(now.Add(time.Duration(i)*checkEvery), 10*time.Second)
	}
	if quiet != firstGrace*10*time.Second {
		t.Errorf("killed after %s", quiet)
	}
}

func TestWordsBeginWithTheLastCrash(t *testing.T) {
	var w words
	for _, line := range []string{"a remark", `{"msg":"a log record"}`, "panic: no", "", "goroutine 1 [running]:", "main.main()"} {
		w.add([]byte(line))
	}
	if d := cmp.Diff([]string{"panic: no", "", "goroutine 1 [running]:", "main.main()"}, w.last()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestLongCrashReportIsNotALongLog(t *testing.T) {
	var w words
	told := 0
	for i := range 100 {
		line := fmt.Sprint("goroutine ", i)
		if i == 10 {
			line = "panic: no"
		}
		if w.add([]byte(line)) {
			told++
		}
	}
	if told != 10+headLines || !w.add([]byte(`{"msg":"a log record"}`)) {
		t.Errorf("%d lines are for the log", told)
	}
}

func TestWordsDoNotGrowForEver(t *testing.T) {
	var w words
	line := []byte(strings.Repeat("x", 1<<20))
	for range 10 {
		w.add(line)
	}
	if n := len(w.last()); n != 3 {
		t.Errorf("%d lines of 1 MB are kept", n)
	}
}

func TestEndsOfALongText(t *testing.T) {
	lines := strings.Split("1 2 3 4 5 6 7 8 9 10 11 12 13 14", " ")
	for _, c := range []struct {
		n           int
		first, last int
		more        bool
	}{{0, 0, 0, false}, {3, 3, 0, false}, {8, 8, 0, false}, {10, 8, 2, false}, {12, 8, 4, false}, {14, 8, 4, true}} {
		first, last, more := ends(lines[:c.n])
		if len(first) != c.first || len(last) != c.last || more != c.more {
			t.Errorf("of %d lines: %d, %d, %v", c.n, len(first), len(last), more)
		}
	}
}
