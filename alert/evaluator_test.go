package alert

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/control"
)

func TestLagIsToldOnceAndThatItIsOver(t *testing.T) {
	w := newWorld(t, control.AlertRule{On: control.AlertLag, Over: 5 * time.Minute})
	w.target().Lag, w.target().Owed = 200, 3
	w.silent(time.Minute)
	w.target().Lag = 301
	w.tells(time.Hour, "raised: www: a is behind by 5m1s, more than 5m0s; paths owed: 3")
	w.target().Lag = 0
	w.silent(calm)
	w.tells(time.Hour, "recovered: www: a is up to date again, after 1h6m")
	w.silent(time.Hour)
}

func TestTroubleThatComesAndGoesIsToldOnce(t *testing.T) {
	w := newWorld(t, control.AlertRule{On: control.AlertAway, Over: time.Minute})
	told := 0
	for range 60 {
		w.target().State, w.target().Since = control.Backoff, w.now
		told += len(w.after(40 * time.Second))
		w.target().State = control.Live
		told += len(w.after(40 * time.Second))
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	w.tells(time.Hour, "recovered: www: a is back")
}

func TestShortTroubleIsNotTold(t *testing.T) {
	w := newWorld(t, control.AlertRule{On: control.AlertAway, Over: 5 * time.Minute})
	for range 5 {
		w.target().State, w.target().Since = control.Backoff, w.now
		w.silent(4 * time.Minute)
		w.target().State = control.Live
		w.silent(2 * time.Minute)
	}
}

func TestReminder(t *testing.T) {
	w := newWorld(t, control.AlertRule{On: control.AlertHeld, Every: time.Hour})
	w.target().Held = 12
	got := w.after(150 * time.Minute)
	want := "raised: www: deletions that wait for approval at a: 12"
	if diff := cmp.Diff([]string{want, want, want}, got); diff != "" {
		t.Error(diff)
	}
}

func TestEachKindIsRaisedAndRecovers(t *testing.T) {
	for _, c := range []struct {
		rule              control.AlertRule
		wrong, right      func(w *world)
		raised, recovered string
		hint              string
	}{
		{
			control.AlertRule{On: control.AlertAway, Over: time.Minute},
			func(w *world) {
				tg := w.target()
				tg.State, tg.Since, tg.Reason, tg.Hint = control.Backoff, w.now, "connection refused", "start rsyncd"
			},
			func(w *world) { w.target().State = control.Live },
			"raised: www: a has been away for 1m0s: connection refused", "recovered: www: a is back, after 13m5s", "start rsyncd",
		},
		{
			control.AlertRule{On: control.AlertFailures, Count: 10},
			func(w *world) { w.target().Failing = 11 }, func(w *world) { w.target().Failing = 10 },
			"raised: www: paths that fail at a: 11", "recovered: www: paths that fail at a: 10, after", "syncsvc failures www",
		},
		{
			control.AlertRule{On: control.AlertDown, Over: 30 * time.Second},
			func(w *world) {
				m := w.module()
				m.Pid, m.State, m.Since, m.Status = 0, control.Backoff, w.now, nil
				m.Deaths = []control.Death{{Cause: "killed by signal 9"}}
			},
			func(w *world) { w.module().Pid, w.module().State = 8, control.Live },
			"raised: www does not run: killed by signal 9", "recovered: www runs again", "syncsvc status www",
		},
		{
			control.AlertRule{On: control.AlertOverflow},
			func(w *world) { w.module().Status.Overflows = 3 }, func(w *world) {},
			"raised: www: the kernel dropped events, 3 times", "recovered: www: no event was lost any more", "",
		},
	} {
		t.Run(string(c.rule.On), func(t *testing.T) {
			w := newWorld(t, c.rule)
			w.silent(time.Minute)
			c.wrong(w)
			w.tells(2*time.Minute, c.raised)
			if m := w.e.message(w.now, w.e.rules[0], w.e.findings(w.now, w.e.rules[0], w.Overview)[0], &trouble{}, Raised); c.hint != "" && m.Hint != c.hint {
				t.Errorf("hint is %q", m.Hint)
			}
			if c.rule.On != control.AlertOverflow { // is over by itself
				w.silent(10 * time.Minute)
			}
			c.right(w)
			w.tells(10*time.Minute, c.recovered)
		})
	}
}

func TestModuleThatDiesAgainAndAgainIsDown(t *testing.T) {
	w := newWorld(t, control.AlertRule{On: control.AlertDown, Over: time.Minute})
	told := 0
	for i := range 20 { // it lives for ten seconds each time
		w.module().Restarts = i
		w.module().Pid, w.module().State, w.module().Since = 0, control.Backoff, w.now
		told += len(w.after(20 * time.Second))
		w.module().Pid, w.module().State = 9, control.Live
		told += len(w.after(10 * time.Second))
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}

func TestDeathBetweenTwoLooksIsSeenWhenNoTimeIsAllowed(t *testing.T) {
	w := newWorld(t, control.AlertRule{On: control.AlertDown})
	w.silent(time.Minute)
	w.module().Restarts = 1
	w.module().Deaths = []control.Death{{Cause: "exit code 2"}}
	w.tells(30*time.Second, "raised: www died and was started again: exit code 2")
}

func TestStoppedOnRequestIsNotDown(t *testing.T) {
	w := newWorld(t, control.AlertRule{On: control.AlertDown}, control.AlertRule{On: control.AlertHeld})
	w.target().Held = 5
	w.tells(time.Minute, "raised: www: deletions that wait")
	w.module().Wanted, w.module().State, w.module().Pid, w.module().Status = control.WantedDown, control.Stopped, 0, nil
	w.tells(2*time.Minute, "recovered: www is not to run any more")
}

func TestNothingIsToldOfTargetsThatCannotBeSeen(t *testing.T) {
	w := newWorld(t, control.AlertRule{On: control.AlertHeld})
	w.target().Held = 5
	w.tells(time.Minute, "raised")
	status := w.module().Status
	w.module().Status = nil // it is started again
	w.silent(10 * time.Minute)
	w.module().Status = status
	w.silent(time.Minute)
	w.target().Held = 0
	w.tells(2*time.Minute, "recovered")
}

func TestTargetThatIsRemovedIsOver(t *testing.T) {
	w := newWorld(t, control.AlertRule{On: control.AlertHeld})
	w.target().Held = 5
	w.tells(time.Minute, "raised")
	w.module().Status.Targets = nil
	w.tells(2*time.Minute, "recovered: a is not configured any more")
}

func TestBrokenFileIsAModuleThatIsDown(t *testing.T) {
	w := newWorld(t, control.AlertRule{On: control.AlertDown, Over: time.Minute})
	w.Problems = []control.Problem{{Module: "bbs", File: "/c/bbs.yaml", Line: 3, Message: "unknown key"}, {Module: "www", File: "www.yaml"}}
	w.tells(5*time.Minute, "raised: bbs does not run: /c/bbs.yaml:3: unknown key")
	w.Problems = nil
	w.tells(5*time.Minute, "recovered: bbs is not configured any more")
}

func TestOverflowsOfAnotherProcessAreNewOnes(t *testing.T) {
	w := newWorld(t, control.AlertRule{On: control.AlertOverflow})
	w.module().Status.Overflows = 3
	w.tells(time.Minute, "raised")
	w.tells(overflowQuiet+calm, "recovered")
	w.module().Status = &control.Status{Started: w.now, Overflows: 1}
	w.tells(time.Minute, "raised")
}

func TestRuleIsOnlyForItsModules(t *testing.T) {
	w := newWorld(t, control.AlertRule{Name: "shops", On: control.AlertHeld, Modules: []string{"shop-?", "b*"}})
	w.target().Held = 5
	w.silent(time.Minute)
	w.module().Name = "shop-1"
	w.tells(time.Minute, "raised: shop-1")
}

func TestMessageSaysEverything(t *testing.T) {
	w := newWorld(t, control.AlertRule{Name: "slow", On: control.AlertLag, Over: time.Minute})
	w.target().Lag = 90
	got := w.e.look(w.now, w.Overview)
	want := []Message{{
		ID: idOf("host1", key{"slow", "www", "a"}, w.now.Add(-90*time.Second)), Name: "slow", Kind: control.AlertLag, Module: "www", Target: "a", State: Raised,
		Since: w.now.Add(-90 * time.Second), Time: w.now, Value: 90, Threshold: 60,
		Text: "www: a is behind by 1m30s, more than 1m0s; paths owed: 0", Hint: "syncsvc status www", Host: "host1",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
