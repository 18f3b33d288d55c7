package supervisor

import (
	"net/http"

	"github.com/syncsvc/syncsvc/control"
)

// routes are all that can be asked of the supervisor.
func (a *api) routes() []route {
	list := []route{
		{pattern: "GET /v1/version", summary: "Which program answers", answer: control.Version{}, json: a.getVersion},
		{pattern: "GET /v1/status", summary: "The whole service", answer: control.Overview{}, json: a.getStatus},
		{pattern: "GET /v1/modules", summary: "All modules", answer: []control.Module{}, json: a.getModules},
		{pattern: "GET /v1/modules/{name}", summary: "One module, with all its deaths", answer: control.Module{}, json: a.getModule},
		{pattern: "POST /v1/reload", summary: "Read the module files again", answer: control.Reload{}, json: a.postReload},
		{pattern: "GET /v1/plan", summary: "What a reload would do", answer: control.Reload{}, json: a.getPlan},
		{
			pattern: "GET /v1/wait", summary: "Wait until everything changed before now is everywhere",
			query: []parameter{{"timeout", "how long at most, as 30s"}}, answer: control.WaitAnswer{}, json: a.getWait,
		},
		{
			pattern: "GET /v1/events", summary: "What happens, as it happens",
			query:  []parameter{{"module", "only of this one"}, {"since", "from after this number on; without it from now on"}},
			answer: control.Event{}, stream: a.streamEvents, format: control.Events,
		},
		{
			pattern: "GET /v1/logs", summary: "The log",
			query: []parameter{
				{"module", "only of this one; syncsvc is the service itself"},
				{"lines", "how many of the past"},
				{"follow", "1 = go on with what comes"},
				{"level", "from this one on"},
			},
			answer: control.LogRecord{}, stream: a.streamLogs, format: control.Lines,
		},
	}
	for word, e := range errands() {
		list = append(list, a.modulesRoute(word, a.modulesErrand(word, e)))
	}
	for _, word := range []string{"pause", "resume"} {
		list = append(list, a.modulesRoute(word, a.passOn("/v1/"+word)))
	}
	list = append(list, a.moduleRoutes()...)
	if a.metrics != nil {
		list = append(list, route{
			pattern: "GET /metrics", summary: "Figures for Prometheus", plain: a.metrics, kind: "text/plain",
		})
	}
	return a.describeItself(list)
}

// modulesRoute is something that is asked of several modules at once.
func (a *api) modulesRoute(word string, h control.Handler) route {
	return route{
		pattern: "POST /v1/" + word, summary: word + " modules",
		request: control.ModulesRequest{}, answer: []control.ModuleAnswer{}, json: h,
	}
}

// moduleRoutes are answered by the modules' own processes.
func (a *api) moduleRoutes() []route {
	timeout := []parameter{{"timeout", "how long at most, as 30s"}}
	list := []struct {
		method, route, summary string
		query                  []parameter
		request, answer        any
	}{
		{"GET", "status", "What the module's process says of itself", nil, nil, control.Status{}},
		{"GET", "wait", "Wait until everything changed before now is on every target", timeout, nil, control.WaitAnswer{}},
		{"POST", "sync", "Compare everything, or a part, with the targets and send what differs", nil, control.SyncRequest{}, control.SyncStarted{}},
		{"GET", "sync/{id}", "How far that is", nil, nil, control.Progress{}},
		{"POST", "approve", "Let held deletions go", nil, control.TargetRequest{}, control.Answer{}},
		{"POST", "pause", "Collect changes, but do not send", nil, control.TargetRequest{}, control.Answer{}},
		{"POST", "resume", "Send again", nil, control.TargetRequest{}, control.Answer{}},
		{"POST", "verify", "Compare with the targets and change nothing", nil, control.VerifyRequest{}, control.VerifyAnswer{}},
		{"GET", "failures", "Paths that fail", nil, nil, control.FailuresAnswer{}},
		{"POST", "failures", "Try them again, or forget them", nil, control.FailuresRequest{}, control.Answer{}},
		{"GET", "why", "What happens to a path, and why", []parameter{{"path", "relative to the watch root"}}, nil, control.WhyAnswer{}},
		{"POST", "log-level", "Log more, or less", nil, control.LogLevel{}, control.Answer{}},
	}
	var routes []route
	for _, r := range list {
		inner := "/v1/" + r.route
		if r.route == "sync/{id}" {
			inner = "/v1/sync"
		}
		routes = append(routes, route{
			pattern: r.method + " /v1/modules/{name}/" + r.route, summary: r.summary,
			query: r.query, request: r.request, answer: r.answer, plain: a.proxy(inner),
		})
	}
	return routes
}

// describeItself adds the route that describes all of them, itself included.
func (a *api) describeItself(list []route) []route {
	own := route{pattern: "GET /v1/openapi.json", summary: "This description", answer: object{}}
	list = append(list, own)
	doc := document(a.version, list)
	list[len(list)-1].json = func(*http.Request) (any, error) { return doc, nil }
	return list
}
