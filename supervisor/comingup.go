package supervisor

import (
	"context"
	"net/url"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// untilRuns waits while a module is about to run: it starts, or died and is
// started again soon. Who asks it to wait need not know that. It returns query
// with what is left of its timeout.
func (a *api) untilRuns(ctx context.Context, m *member, query url.Values) url.Values {
	var end time.Time // of its patience; zero = none
	if text := query.Get("timeout"); text != "" {
		limit, err := time.ParseDuration(text)
		if err != nil || limit < 0 {
			return query // the module refuses it
		}
		end = time.Now().Add(limit)
		short, cancel := context.WithDeadline(ctx, end)
		defer cancel()
		ctx = short
	}
	for a.comesUp(m) && pause(ctx, waitStep) {
	}
	if !end.IsZero() {
		query.Set("timeout", max(0, time.Until(end)).String())
	}
	return query
}

// comesUp reports whether a module should run and does not yet, but is going to.
func (a *api) comesUp(m *member) bool {
	now := a.fleet.facts(m)
	return now.wanted == control.WantedUp && (now.kept.State == control.Starting || now.kept.State == control.Backoff)
}
