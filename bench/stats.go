package main

import (
	"fmt"
	"slices"
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
	sorted := slices.SortedFunc(slices.Values(s), func(a, b took) int {
		if a.over != b.over {
			if b.over {
				return -1
			}
			return 1
		}
		return int(a.d - b.d)
	})
	i := int(q*float64(len(sorted)) + 0.999999)
	return sorted[min(max(i, 1), len(sorted))-1]
}

func (s series) median() took { return s.at(0.5) }

// String is the median with the range.
func (s series) String() string {
	if len(s) < 2 {
		return s.median().String()
	}
	return fmt.Sprintf("%s (%s–%s)", s.median(), s.at(0), s.at(1))
}

// human rounds to three digits at most.
func human(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1e3)
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", d.Seconds()*1e3)
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d < 100*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
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
