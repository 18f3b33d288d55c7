package checkpoint

import (
	"testing"
	"time"
)

func TestWhenAMarkIsTrusted(t *testing.T) {
	type times struct{ wall, boot time.Duration } // since noon, since the machine started
	for name, c := range map[string]struct {
		source, settings, bootID string
		now                      times
		want                     string
	}{
		"a moment later":                {"tree 1", "settings 1", "first", times{time.Second, time.Hour + time.Second}, ""},
		"weeks later":                   {"tree 1", "settings 1", "first", times{1000 * time.Hour, 1001 * time.Hour}, ""},
		"after a restart":               {"tree 1", "settings 1", "second", times{time.Hour, time.Minute}, ""},
		"after a restart at once":       {"tree 1", "settings 1", "second", times{time.Second, time.Second}, ""},
		"clock set forward":             {"tree 1", "settings 1", "first", times{5 * time.Hour, 2 * time.Hour}, ""},
		"leap second":                   {"tree 1", "settings 1", "first", times{time.Hour - time.Second, 2 * time.Hour}, ""},
		"other tree":                    {"tree 2", "settings 1", "first", times{time.Hour, 2 * time.Hour}, "source replaced"},
		"other settings":                {"tree 1", "settings 2", "first", times{time.Hour, 2 * time.Hour}, "filters or rsync arguments changed"},
		"clock set back":                {"tree 1", "settings 1", "first", times{time.Hour, 4 * time.Hour}, "the clock stepped back"},
		"clock set back into the past":  {"tree 1", "settings 1", "first", times{-time.Minute, 2 * time.Hour}, "the clock stepped back"},
		"restart, clock before":         {"tree 1", "settings 1", "second", times{-time.Hour, time.Minute}, "the clock stepped back"},
		"restart, clock set back":       {"tree 1", "settings 1", "second", times{time.Hour, 3 * time.Hour}, "the clock stepped back"},
		"restart, clock set a bit back": {"tree 1", "settings 1", "second", times{10 * time.Minute, 30 * time.Minute}, "the clock stepped back"},
		"restart, clock lost all track": {"tree 1", "settings 1", "second", times{-50 * 365 * 24 * time.Hour, time.Minute}, "the clock stepped back"},
	} {
		t.Run(name, func(t *testing.T) {
			now := Clock{Wall: noon().Add(c.now.wall), Boot: c.now.boot, BootID: c.bootID}
			got := ""
			if err := markAt(noon()).Trusted(now, c.source, c.settings); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A container that is started again sees how long its host has been up, and a
// new boot id. That alone is no reason for a full sync.
func TestContainerStartedAgainTrustsItsMark(t *testing.T) {
	for name, c := range map[string]struct {
		wall, up time.Duration // since noon, since process 1 started
		trusted  bool
	}{
		"later":                    {time.Hour, time.Minute, true},
		"at once":                  {time.Second, time.Second, true},
		"clock set back meanwhile": {10 * time.Minute, 30 * time.Minute, false},
		"clock before":             {-time.Hour, time.Minute, false},
		"nobody may see process 1": {time.Hour, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := markAt(noon())
			now := Clock{Wall: noon().Add(c.wall), Boot: 1000 * time.Hour, BootID: "second", Up: c.up}
			if err := m.Trusted(now, m.Source, m.Settings); (err == nil) != c.trusted {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestMomentInTheFutureIsNotTrusted(t *testing.T) {
	m := markAt(noon().Add(time.Hour))
	if err := m.Trusted(clockAt(noon()), m.Source, m.Settings); err == nil {
		t.Error("it is")
	}
}

func TestZeroMarkIsNotTrusted(t *testing.T) {
	if err := (Mark{}).Trusted(clockAt(noon()), "", ""); err == nil {
		t.Error("it is")
	}
}

func TestNowIsTheSameClockTwice(t *testing.T) {
	a, err := Now()
	must(t, err)
	b, err := Now()
	must(t, err)
	if a.BootID == "" || a.BootID != b.BootID || a.Boot <= 0 || b.Boot < a.Boot {
		t.Errorf("got %+v, then %+v", a, b)
	}
	if b.Up <= 0 || b.Up > b.Boot {
		t.Errorf("process 1 has been running for %v, the machine for %v", b.Up, b.Boot)
	}
	if a.steppedBack(b) || b.Wall.String() != b.Wall.Round(0).String() {
		t.Errorf("%+v does not follow %+v", b, a)
	}
}
