package config

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDurations(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"0": 0, "100": 100 * time.Second, "100s": 100 * time.Second, "10m": 10 * time.Minute, "1h30m": 90 * time.Minute,
		"1d": day, "1d12h": 36 * time.Hour, "1.5h": 90 * time.Minute, "500ms": 500 * time.Millisecond, "-5s": -5 * time.Second,
	} {
		if got, err := parseDuration(s); err != nil || got != want {
			t.Errorf("%s is %v (%v), want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "d", "1.5d", "1d1d", "1d-1h", "1d+1h", "1 d", "1w", "99999999999d", "9223372036854775807", "1d300h", "soon"} {
		if got, err := parseDuration(s); err == nil {
			t.Errorf("%q is %v, want an error", s, got)
		}
	}
}

func TestDurationsReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(1000*day/time.Millisecond)).Draw(t, "ms")) * time.Millisecond
		if got, err := parseDuration(formatDuration(d)); err != nil || got != d {
			t.Fatalf("%v is written %s and read %v (%v)", d, formatDuration(d), got, err)
		}
	})
	for d, want := range map[time.Duration]string{0: "0s", day: "1d", 90 * time.Minute: "1h30m", 36 * time.Hour: "1d12h", time.Hour: "1h", 10 * time.Second: "10s"} {
		if got := formatDuration(d); got != want {
			t.Errorf("%v is written %s, want %s", d, got, want)
		}
	}
}

func TestSizes(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "0.0": 0, "0k": 0, "512k": 512 << 10, "20m": 20 << 20, "20M": 20 << 20, "20MiB": 20 << 20, "20MB": 20_000_000,
		"1.5M": 3 << 19, "1g": 1 << 30, "1t": 1 << 40, "512b": 512, "20 m": 20 << 20, "1kb": 1000,
	} {
		if got, err := parseSize(s); err != nil || got != want {
			t.Errorf("%s is %v (%v), want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "1", "100", "m", "-1m", "+1m", "1e3m", "0x1m", "1_0m", "1p", "1mm", "1.2.3m", "9999999999t", "1ib"} {
		if got, err := parseSize(s); err == nil {
			t.Errorf("%q is %v, want an error", s, got)
		}
	}
}

func TestSizesReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1<<20).Draw(t, "n") << (10 * rapid.IntRange(1, 3).Draw(t, "unit"))
		if got, err := parseSize(formatSize(n)); err != nil || got != n {
			t.Fatalf("%d is written %s and read %d (%v)", n, formatSize(n), got, err)
		}
	})
}

func TestClosestForgivesOneMistakeInAWord(t *testing.T) {
	known := []string{"watch", "targets", "threads", "ssh", "max_delete"}
	for word, want := range map[string]string{
		"wacth": "watch", "target": "targets", "Max-Delete": "max_delete", "thread": "threads", "sh": "ssh", "color": "", "x": "", "": "", "zzz": "",
	} {
		if got := Closest(word, known); got != want {
			t.Errorf("%q is taken for %q, want %q", word, got, want)
		}
	}
}
