package instance

import "time"

// time counts how long a job took and how old its changes were when they
// arrived. Comparisons tell nothing about that: when what they find was
// changed, nobody knows. The caller holds mu.
func (t *target) time(j *job, o outcome, m *meter, now time.Time) {
	if begun := m.begun.Load(); begun != nil {
		t.jobTimes.Observe(now.Sub(*begun).Seconds())
	}
	if o.verdict != answered && o.verdict != withheld {
		return
	}
	failed := make(map[string]bool, len(o.failed))
	for _, f := range o.failed {
		failed[f.path] = true
	}
	for _, it := range j.items {
		if !it.Spare && !it.Swept && !failed[it.Path] {
			t.delays.Observe(max(0, now.Sub(it.Since)).Seconds())
		}
	}
}
