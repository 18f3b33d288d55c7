package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	day = 24 * time.Hour

	hintDuration = "write 500ms, 2s, 10m, 1h30m or 1d; a whole number is seconds"
	hintSize     = "write 512k, 20m or 1g (of 1024) or 20MB (of 1000)"
)

var errNotNumber = errors.New("not a number with a known unit")

// ParseDuration reads a time as configuration files have it: "1d12h", "500ms",
// or a whole number of seconds. The error says how to write one.
func ParseDuration(s string) (time.Duration, error) {
	d, err := parseDuration(s)
	if err != nil {
		return 0, errors.New(hintDuration)
	}
	return d, nil
}

// FormatDuration writes a time the way people do: "1d", "1h30m", "100ms".
func FormatDuration(d time.Duration) string { return formatDuration(d) }

// parseDuration reads "1d12h", what [time.ParseDuration] reads, and a whole
// number of seconds.
func parseDuration(s string) (time.Duration, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return times(n, time.Second)
	}
	days, rest, found := strings.Cut(s, "d")
	if !found {
		return time.ParseDuration(s)
	}
	n, err := strconv.ParseInt(days, 10, 64)
	if err != nil || strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "+") {
		return 0, errNotNumber
	}
	d, err := times(n, day)
	if err != nil || rest == "" {
		return d, err
	}
	more, err := time.ParseDuration(rest)
	if err != nil || more > day {
		return 0, errNotNumber
	}
	return d + more, nil
}

// times multiplies, and refuses what does not fit; one day remains to add.
func times(n int64, unit time.Duration) (time.Duration, error) {
	if limit := int64((math.MaxInt64 - day) / unit); n > limit || n < -limit {
		return 0, errNotNumber
	}
	return time.Duration(n) * unit, nil
}

// formatDuration writes a duration the way people do: "1d", "1h30m", "100ms".
func formatDuration(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	var out strings.Builder
	if d >= day {
		fmt.Fprintf(&out, "%dd", d/day)
		d %= day
	}
	if d == 0 {
		return out.String()
	}
	s := d.String() // "1h0m0s"
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return out.String() + s
}

// parseSize reads a number of bytes with the units of rsync: k, m, g, t and
// their -ib are of 1024, kb, mb, gb, tb of 1000. Without a unit only 0 is
// clear: rsync's own --bwlimit would take other numbers for KiB.
func parseSize(s string) (int64, error) {
	i := strings.LastIndexAny(s, "0123456789.") + 1
	number, err := strconv.ParseFloat(s[:i], 64)
	if err != nil || strings.ContainsAny(s[:i], "eExXpP_-+") {
		return 0, errNotNumber
	}
	if s[i:] == "" && number == 0 {
		return 0, nil
	}
	unit, ok := unitSize(strings.ToLower(strings.TrimSpace(s[i:])))
	if !ok || number*float64(unit) > 1<<60 {
		return 0, errNotNumber
	}
	return int64(math.Round(number * float64(unit))), nil
}

func unitSize(unit string) (int64, bool) {
	if unit == "b" {
		return 1, true
	}
	if unit == "" {
		return 0, false
	}
	base := int64(1024)
	switch unit[1:] {
	case "", "ib":
	case "b":
		base = 1000
	default:
		return 0, false
	}
	size := int64(1)
	for _, prefix := range "kmgt" {
		size *= base
		if rune(unit[0]) == prefix {
			return size, true
		}
	}
	return 0, false
}

// formatSize writes whole multiples of 1024 with their unit: "20m".
func formatSize(n int64) string {
	unit := 0
	for n != 0 && n%1024 == 0 && unit < 4 {
		n /= 1024
		unit++
	}
	return strconv.FormatInt(n, 10) + [...]string{"", "k", "m", "g", "t"}[unit]
}
