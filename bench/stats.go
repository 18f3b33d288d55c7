package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// took is how long something took; over says that it was not finished then.
type took struct {
	d    time.Duration
	over bool
}

func (t took) String() string {
	if t.over {
		return "> " + human(t.d)
	}
	return human(t.d)
}

// number is t in seconds.
func (t took) number() number { return number{t.d.Seconds(), t.over} }

// series are repetitions of one measurement.
type series []took

// at returns the value that the part q of the series does not exceed. What was
// not finished is more than all that was.
func (s series) at(q float64) took {
	if len(s) == 0 {
		return took{over: true}
	}
	sorted := slices.SortedFunc(slices.Values(s), byLength)
	i := int(math.Ceil(q * float64(len(sorted))))
	return sorted[max(i, 1)-1]
}

func byLength(a, b took) int {
	switch {
	case a.over == b.over:
		return cmp.Compare(a.d, b.d)
	case b.over:
		return -1
	}
	return 1
}

// median is the value in the middle, or halfway between the two in the middle
// when both are finished.
func (s series) median() took {
	low := s.at(0.5)
	high := s.at(0.5 + 0.5/float64(max(1, len(s))))
	if len(s)%2 == 1 || high.over {
		return high
	}
	return took{d: (low.d + high.d) / 2}
}

// String is the median with the range, in the unit of the median.
func (s series) String() string {
	mid := s.median()
	if len(s) < 2 || mid.over {
		return mid.String()
	}
	least, most := s.at(0), s.at(1)
	sign := ""
	if most.over {
		sign = "> "
	}
	u := unitOf(mid.d)
	return fmt.Sprintf("%s (%s–%s%s)", mid, u.digits(least.d), sign, u.digits(most.d))
}

// unit is how durations of one size are written.
type unit struct {
	name     string
	one      time.Duration
	decimals int
}

// unitOf chooses two or three digits.
func unitOf(d time.Duration) unit {
	switch {
	case d < 10*time.Millisecond:
		return unit{"ms", time.Millisecond, 1}
	case d < time.Second:
		return unit{"ms", time.Millisecond, 0}
	case d < 10*time.Second:
		return unit{"s", time.Second, 2}
	case d < 100*time.Second:
		return unit{"s", time.Second, 1}
	}
	return unit{"s", time.Second, 0}
}

func (u unit) digits(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(u.one), 'f', u.decimals, 64)
}

// human writes a duration for people.
func human(d time.Duration) string {
	u := unitOf(d)
	return u.digits(d) + " " + u.name
}

// book collects series by the name of a system.
type book map[string]series

func (k book) add(name string, t took) { k[name] = append(k[name], t) }

// cells are the columns of a line of the table.
func (k book) cells() map[string]string {
	cells := make(map[string]string, len(k))
	for name, s := range k {
		cells[name] = s.String()
	}
	return cells
}

// number is the median of a system.
func (k book) number(name string) number { return k[name].median().number() }
