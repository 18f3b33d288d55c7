package config

import (
	"strings"
	"time"

	"github.com/adhocore/gronx"
)

// Schedule says when something that is done again and again is due. The zero
// value means never.
type Schedule struct {
	every time.Duration // 0 means cron decides
	cron  string        // five fields; "" means never
}

const (
	minEvery = time.Minute
	maxEvery = 366 * day

	hintSchedule = "write five fields, as in \"0 3 * * *\" (each night at three), \"every 600m\", or off"
)

// Off reports whether nothing is ever due.
func (s Schedule) Off() bool { return s == Schedule{} }

// Next returns the first moment after t at which it is due: of a cron
// expression in t's time zone, of "every" that long after t. It returns the
// zero time when it is never due. An hour that is left out when clocks are put
// forward is not made up for that day.
func (s Schedule) Next(t time.Time) time.Time {
	switch {
	case s.every > 0:
		return t.Add(s.every)
	case s.cron == "":
		return time.Time{}
	}
	next, err := gronx.NextTickAfter(s.cron, t, false)
	if err != nil {
		return time.Time{}
	}
	return next
}

// String returns the schedule as it is written in a module file.
func (s Schedule) String() string {
	switch {
	case s.every > 0:
		return "every " + formatDuration(s.every)
	case s.cron == "":
		return "off"
	}
	return s.cron
}

// parseSchedule reads what String writes.
func parseSchedule(s string) (Schedule, *mistake) {
	if s == "off" {
		return Schedule{}, nil
	}
	if after, ok := strings.CutPrefix(s, "every "); ok {
		d, err := parseDuration(strings.TrimSpace(after))
		switch {
		case err != nil:
			return Schedule{}, wrong(hintDuration, "%q is not a time", after)
		case d < minEvery || d > maxEvery:
			return Schedule{}, wrong("", "%s is out of range %s..%s", after, formatDuration(minEvery), formatDuration(maxEvery))
		}
		return Schedule{every: d}, nil
	}
	fields := strings.Fields(s)
	if len(fields) != 5 {
		return Schedule{}, wrong(hintSchedule, "%q is not a schedule", s)
	}
	cron := Schedule{cron: strings.Join(fields, " ")}
	if !gronx.IsValid(cron.cron) {
		return Schedule{}, wrong(hintSchedule, "%q is not a schedule", s)
	}
	// A date that does not come up within some years from any day does not
	// exist; a leap day does.
	if cron.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Schedule{}, wrong("", "%q never comes", s)
	}
	return cron, nil
}
