package instance

import (
	"context"
	"fmt"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// heraldEvery is how often the module is looked at for what nobody tells of.
const heraldEvery = time.Second

// herald tells whoever listens how the module as a whole is doing, until ctx
// ends.
func (in *instance) herald(ctx context.Context) {
	tick := time.NewTicker(heraldEvery)
	defer tick.Stop()
	var told control.State
	var overflows int64
	for {
		st := in.status(time.Now())
		in.lifeline.ready(readiness(in.source.status()))
		if st.State != told {
			in.events.tell(stateEvent("", told, st.State, st.Reason, st.Hint))
			told = st.State
		}
		if n := st.Overflows; n > overflows {
			in.events.tell(control.Event{
				Kind: control.EventOverflow, Count: n - overflows, Hint: st.WatchHint,
				Text: "the kernel dropped events; everything since is looked for",
			})
		}
		overflows = max(overflows, st.Overflows)
		select {
		case <-ctx.Done():
			return
		case <-in.news:
		case <-tick.C:
		}
	}
}

// readiness is what the supervisor waits for: that the module is armed, or
// has a reason not to be; "" while neither is so.
func readiness(src sourceStatus) string {
	switch src.state {
	case control.Live:
		return fmt.Sprintf("armed with %s", src.watch.Backend)
	case control.WaitingSource:
		return src.reason
	}
	return ""
}

// stateEvent tells that a target, or with "" the module, is in another state.
func stateEvent(target string, was, is control.State, reason, hint string) control.Event {
	text := string(is)
	if reason != "" {
		text += ": " + reason
	}
	return control.Event{Kind: control.EventState, Target: target, State: is, Was: was, Text: text, Hint: hint}
}
