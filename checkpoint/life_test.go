package checkpoint

import (
	"testing"
	"time"
)

func TestWhenAPowerCutIsSuspected(t *testing.T) {
	began := clockAt(noon())
	up := func(wall, boot time.Duration, id string) Clock {
		return Clock{Wall: noon().Add(wall), Boot: boot, BootID: id}
	}
	for name, c := range map[string]struct {
		life Life
		now  Clock
		want bool
	}{
		"first life":                  {Life{}, began, false},
		"killed":                      {Life{Began: began}, up(time.Minute, time.Hour+time.Minute, "first"), false},
		"stopped, machine restarted":  {Life{Began: began, Ended: true}, up(time.Hour, time.Minute, "second"), false},
		"machine restarted":           {Life{Began: began}, up(time.Hour, time.Minute, "second"), true},
		"restarted at once":           {Life{Began: began}, up(2*time.Second, time.Second, "second"), true},
		"up for longer than before":   {Life{Began: began}, up(100*time.Hour, 90*time.Hour, "second"), true},
		"clock set back at boot":      {Life{Began: began}, up(-100*time.Hour, time.Minute, "second"), true},
		"container restarted":         {Life{Began: began}, up(time.Minute, time.Hour+time.Minute, "second"), false},
		"and the clock was corrected": {Life{Began: began}, up(time.Minute, time.Hour+50*time.Second, "second"), false},
		"on another, older machine":   {Life{Began: began}, up(time.Minute, 90*time.Hour, "second"), true},
		"on another, younger machine": {Life{Began: began}, up(10*time.Hour, 9*time.Hour, "second"), true},
	} {
		t.Run(name, func(t *testing.T) {
			next := c.life.Next(c.now)
			earlier := Mark{Clock: began}
			if got := next.Doubts(earlier); got != (c.want && earlier.Clock.Wall.Before(c.now.Wall)) {
				t.Errorf("the mark is doubted: %t", got)
			}
			if got := !next.Cut.IsZero(); got != c.want {
				t.Errorf("cut at %v", next.Cut)
			}
		})
	}
}

func TestPowerCutIsRememberedUntilAFullSync(t *testing.T) {
	before, after := clockAt(noon()), Clock{Wall: noon().Add(time.Hour), Boot: time.Minute, BootID: "second"}
	life := Life{Began: before}.Next(after)
	life.Ended = true // in the middle of the full sync
	later := Clock{Wall: after.Wall.Add(time.Hour), Boot: time.Minute, BootID: "third"}
	life = life.Next(later)
	if !life.Doubts(Mark{Clock: before}) {
		t.Error("the mark of before is trusted")
	}
	if life.Doubts(Mark{Clock: later}) {
		t.Error("the mark that a full sync made is doubted")
	}
}

func TestPowerCutInTheFutureIsOver(t *testing.T) {
	now := clockAt(noon())
	life := Life{Began: now, Ended: true, Cut: noon().Add(time.Hour)}.Next(now)
	if mark := (Mark{Clock: clockAt(noon().Add(time.Second))}); life.Doubts(mark) {
		t.Error("a mark of now is doubted because the clock was ahead once")
	}
}
