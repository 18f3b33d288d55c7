package top

import (
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// gauge is what is known of a transfer from looking at it twice.
type gauge struct {
	bytes int64
	at    time.Time
	rate  float64 // bytes a second between the last two looks
}

// jobKey tells a transfer from others.
func jobKey(module, target string, j control.Job) string {
	return module + "\x00" + target + "\x00" + j.Started.Format(time.RFC3339Nano) + "\x00" + string(j.Path)
}

// gaugeJobs measures how fast the transfers are that run now.
func gaugeJobs(before map[string]gauge, modules []control.Module, now time.Time) map[string]gauge {
	gauges := map[string]gauge{}
	for _, m := range modules {
		if m.Status == nil {
			continue
		}
		for _, t := range m.Status.Targets {
			for _, j := range t.Transfers {
				key := jobKey(m.Name, t.URL, j)
				g := gauge{bytes: j.Bytes, at: now}
				since, had := j.Started, before[key]
				if !had.at.IsZero() {
					since = had.at
				}
				if span := now.Sub(since).Seconds(); span > 0 {
					g.rate = max(0, float64(j.Bytes-had.bytes)/span)
				}
				gauges[key] = g
			}
		}
	}
	return gauges
}
