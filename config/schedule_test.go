package config

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func mustSchedule(t *testing.T, s string) Schedule {
	t.Helper()
	schedule, bad := parseSchedule(s)
	if bad != nil {
		t.Fatalf("%s: %s", s, bad.message)
	}
	return schedule
}

func TestNextIsTheFirstMomentAfterwards(t *testing.T) {
	utc := func(s string) time.Time {
		parsed, err := time.Parse("2006-01-02 15:04:05", s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	for _, c := range []struct{ schedule, after, want string }{
		{"0 3 * * *", "2026-11-20 02:59:59", "2026-11-20 03:00:00"},
		{"0 3 * * *", "2026-11-20 03:00:00", "2026-11-21 03:00:00"},
		{"0  3 * * *", "2026-12-31 23:00:00", "2027-01-01 03:00:00"},
		{"*/15 * * * *", "2026-11-20 10:14:59", "2026-11-20 10:15:00"},
		{"0 3 * * sun", "2026-11-20 10:00:00", "2026-11-22 03:00:00"},
		{"0 3 1 jan *", "2026-11-20 10:00:00", "2027-01-01 03:00:00"},
		{"0 3 29 2 *", "2026-11-20 10:00:00", "2028-02-29 03:00:00"},
		{"every 600m", "2026-11-20 10:00:00", "2026-11-20 20:00:00"},
		{"every 90", "2026-11-20 10:00:00", "2026-11-20 10:01:30"},
	} {
		if got := mustSchedule(t, c.schedule).Next(utc(c.after)); !got.Equal(utc(c.want)) {
			t.Errorf("%s after %s: %s, want %s", c.schedule, c.after, got, c.want)
		}
	}
}

func TestOffIsNeverDue(t *testing.T) {
	s := mustSchedule(t, "off")
	if !s.Off() || !s.Next(time.Now()).IsZero() || !(Schedule{}).Off() {
		t.Error("it is due some time")
	}
}

func TestClocksPutForwardAndBack(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skipf("no time zones here: %v", err)
	}
	s := mustSchedule(t, "30 2 * * *")
	for _, at := range []time.Time{time.Date(2026, 3, 28, 12, 0, 0, 0, berlin), time.Date(2026, 10, 24, 12, 0, 0, 0, berlin)} {
		for range 3 {
			next := s.Next(at)
			if !next.After(at) || next.Sub(at) > 48*time.Hour || next.Format("15:04") != "02:30" {
				t.Fatalf("after %s comes %s", at, next)
			}
			at = next
		}
	}
}

func TestNextIsAlwaysLater(t *testing.T) {
	field := func(lo, hi int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			n := rapid.IntRange(lo, hi).Draw(t, "n")
			return rapid.SampledFrom([]string{"*", strconv.Itoa(n), "*/" + strconv.Itoa(max(1, n)), strconv.Itoa(lo) + "-" + strconv.Itoa(n)}).Draw(t, "form")
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		s := field(0, 59).Draw(t, "minute") + " " + field(0, 23).Draw(t, "hour") + " " + field(1, 28).Draw(t, "day") +
			" " + field(1, 12).Draw(t, "month") + " " + field(0, 6).Draw(t, "weekday")
		schedule, bad := parseSchedule(s)
		if bad != nil {
			t.Fatalf("%s: %s", s, bad.message)
		}
		at := time.Unix(rapid.Int64Range(1_700_000_000, 2_000_000_000).Draw(t, "at"), 0).UTC()
		if next := schedule.Next(at); !next.After(at) {
			t.Fatalf("%s after %s: %s", s, at, next)
		}
	})
}
