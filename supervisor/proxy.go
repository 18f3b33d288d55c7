package supervisor

import (
	"errors"
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/syncsvc/syncsvc/control"
)

// proxy passes requests for a module on to its process: the route without the
// module is what the process knows. Whoever goes away while he waits takes the
// request with him.
func (a *api) proxy(route string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, err := a.fleet.find(r.PathValue("name"))
		if err == nil && route == waitRoute {
			r.URL.RawQuery = a.untilRuns(r.Context(), m, r.URL.Query()).Encode()
		}
		if err == nil && m.keeper.status().Pid == 0 {
			err = a.notRunning(m)
		}
		if err != nil {
			control.WriteError(w, err)
			return
		}
		p := &httputil.ReverseProxy{
			Rewrite: func(p *httputil.ProxyRequest) {
				p.Out.URL.Scheme, p.Out.URL.Host = "http", control.ServiceName
				p.Out.URL.Path, p.Out.URL.RawPath = route, ""
				if id := r.PathValue("id"); id != "" {
					p.Out.URL.Path += "/" + id
					p.Out.URL.RawPath = route + "/" + url.PathEscape(id) // a "/" in it is no border
				}
				p.Out.Header.Del("Authorization") // it was for the supervisor
			},
			Transport:     control.Transport(control.Socket(a.fleet.runDir, m.name)),
			FlushInterval: -1, // streams are passed on as they come
			ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
				if control.IsNobody(err) {
					err = a.notRunning(m)
				} else if r.Context().Err() == nil {
					err = &control.Failed{Status: http.StatusBadGateway, Err: errors.New("its process did not answer: " + err.Error())}
				}
				control.WriteError(w, err)
			},
		}
		p.ServeHTTP(w, r)
		if r.Method != http.MethodGet || route == waitRoute {
			m.view.outdate() // who has waited wants to see for what
		}
	})
}
