package console

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"
)

// none stands where there is nothing to tell.
const none = "-"

// Bytes writes a size in powers of 1024: "1.5 MiB".
func Bytes(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

// Rate writes bytes a second: "1.5 MiB/s". Nothing moving is "-".
func Rate(perSecond float64) string {
	if perSecond < 1 {
		return none
	}
	return Bytes(int64(perSecond)) + "/s"
}

// Count writes a number with thousands apart, and a very large one in short:
// "1,204", "12.3M".
func Count(n int64) string {
	if n >= 10_000_000 {
		value, unit := humanize.ComputeSI(float64(n))
		return strconv.FormatFloat(math.Floor(value*10)/10, 'f', 1, 64) + unit
	}
	return humanize.Comma(n)
}

// Span writes how long something takes, with two units at most: "350ms",
// "2.4s", "3m20s", "2h05m", "3d04h".
func Span(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "0s"
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Truncate(100*time.Millisecond).Seconds(), 'f', -1, 64) + "s"
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return twoUnits(d, time.Minute, "m", time.Second, "s")
	case d < day:
		return twoUnits(d, time.Hour, "h", time.Minute, "m")
	}
	return twoUnits(d, day, "d", time.Hour, "h")
}

const day = 24 * time.Hour

func twoUnits(d, large time.Duration, l string, small time.Duration, s string) string {
	text := fmt.Sprintf("%d%s", d/large, l)
	if rest := d % large / small; rest > 0 {
		text += fmt.Sprintf("%02d%s", rest, s)
	}
	return text
}

// Seconds is Span of a number of seconds, as the API has them.
func Seconds(s float64) string {
	return Span(time.Duration(min(s, math.MaxInt64/float64(2*time.Second)) * float64(time.Second)))
}

// ago writes how long before now something was: "12s ago".
func (l Look) ago(t *time.Time) string {
	if t == nil || t.IsZero() {
		return none
	}
	return Span(l.Now.Sub(*t)) + " ago"
}

// until writes how long it is from now: "in 4s", "now".
func (l Look) until(t time.Time) string {
	if d := t.Sub(l.Now); d >= time.Second {
		return "in " + Span(d.Truncate(time.Second))
	}
	return "now"
}

// clock writes a moment, with the day unless it is today.
func (l Look) clock(t time.Time) string {
	t = t.In(l.Now.Location())
	if t.YearDay() == l.Now.YearDay() && t.Year() == l.Now.Year() {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}

// Plural says how many of something there are: "1 path", "1,204 paths".
func Plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}
