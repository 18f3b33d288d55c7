package supervisor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"github.com/syncsvc/syncsvc/control"
)

const waitRoute = "/v1/wait" // of an instance

// getWait waits until everything that changed before the request is on every
// target of every module that should run.
func (a *api) getWait(r *http.Request) (any, error) {
	members := a.fleet.all()
	answers := make([]control.WaitAnswer, len(members))
	failures := make([]error, len(members))
	var all sync.WaitGroup
	for i, m := range members {
		all.Go(func() { answers[i], failures[i] = a.waitFor(r.Context(), m, r.URL.Query()) })
	}
	all.Wait()
	out := control.WaitAnswer{Done: true, Held: true}
	for i, m := range members {
		if failures[i] != nil {
			return nil, failures[i]
		}
		if !answers[i].Done {
			out.Done = false
			out.Held = out.Held && answers[i].Held
		}
		for _, text := range answers[i].Behind {
			out.Behind = append(out.Behind, m.name+": "+text)
		}
	}
	out.Held = out.Held && !out.Done
	return out, nil
}

// waitFor asks one module. A module that nobody wants to run is not waited
// for; of one that should and does not, everything may be behind.
func (a *api) waitFor(ctx context.Context, m *member, query url.Values) (control.WaitAnswer, error) {
	if now := a.fleet.facts(m); now.wanted != control.WantedUp {
		return control.WaitAnswer{Done: true}, nil
	}
	defer m.view.outdate()
	route := waitRoute
	if query = a.untilRuns(ctx, m, query); len(query) > 0 {
		route += "?" + query.Encode()
	}
	var out control.WaitAnswer
	err := control.Dial(control.Socket(a.fleet.runDir, m.name)).Get(ctx, route, &out)
	if f, ok := errors.AsType[*control.Failed](err); ok && f.Status == http.StatusBadRequest {
		return out, f
	}
	if errors.Is(err, control.ErrNotRunning) {
		err = a.notRunning(m)
	}
	if err != nil {
		return control.WaitAnswer{Behind: []string{fmt.Sprint(err)}}, nil
	}
	return out, nil
}
