package instance

import (
	"testing"
	"time"
)

func TestOutageIsToldOnce(t *testing.T) {
	var c circuit
	told := 0
	for i, reason := range []string{"connection reset", "connection refused", "connection refused", "no route"} {
		if c.fail(at(i*60), unreachable, reason, "") != same {
			told++
		}
	}
	if told != 1 || c.reason != "no route" {
		t.Errorf("told %d times, last of %q", told, c.reason)
	}
	if c.fail(at(1000), refusing, "auth failed", "") != another {
		t.Error("that it is there again and refuses was not told")
	}
	if n := c.ok(); n != 5 {
		t.Errorf("%d failures in a row, want 5", n)
	}
	if c.fail(at(2000), unreachable, "no route", "") != outbreak {
		t.Error("the next outage was not told")
	}
}

func TestJobsThatFailTogetherCountOnce(t *testing.T) {
	var c circuit
	for range 10 {
		c.fail(at(0), unreachable, "connection reset", "")
	}
	if c.failures != 1 || c.until.After(at(2)) {
		t.Errorf("%d failures, next try after %s", c.failures, c.until.Sub(at(0)))
	}
}

func TestDelayDoublesUpToItsLimit(t *testing.T) {
	var c circuit
	now := at(0)
	for range 20 {
		c.fail(now, refusing, "auth failed", "")
		if wait := c.until.Sub(now); wait > refusing.longestDelay()*11/10 {
			t.Fatalf("waits for %s", wait)
		}
		if c.due(now) {
			t.Fatal("due at once")
		}
		now = c.until
		if !c.due(now) {
			t.Fatal("not due when the wait is over")
		}
	}
	if wait := c.until.Sub(at(0)); wait < 10*refusing.longestDelay() {
		t.Errorf("20 failures took %s", wait)
	}
}

func TestAnsweredProbeEndsTheWait(t *testing.T) {
	var c circuit
	c.fail(at(0), unreachable, "no route", "")
	c.answered(at(0).Add(time.Millisecond))
	if !c.probed || !c.due(at(0).Add(time.Millisecond)) {
		t.Error("it is not tried at once")
	}
	c.trial = &job{}
	if c.due(at(10)) {
		t.Error("a second job is tried beside the first")
	}
}
