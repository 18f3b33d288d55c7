package supervisor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// schemas are those of the document that the service serves.
type schemas map[string]struct {
	Properties map[string]json.RawMessage
	Required   []string
}

// description is what the tests read of the OpenAPI document.
type description struct {
	OpenAPI    string
	Paths      map[string]map[string]operation
	Components struct{ Schemas schemas }
}

type operation struct {
	Summary     string
	RequestBody *struct{ Content map[string]media }
	Responses   map[string]struct{ Content map[string]media }
}

type media struct {
	Schema struct {
		Ref   string `json:"$ref"`
		Items struct {
			Ref string `json:"$ref"`
		}
	}
}

// name is the schema that a content has, of a list its items.
func (m media) name() string {
	ref := m.Schema.Ref
	if ref == "" {
		ref = m.Schema.Items.Ref
	}
	return strings.TrimPrefix(ref, "#/components/schemas/")
}

// TestDescriptionIsTrue asks for everything that the document describes and
// compares each answer with it, field by field.
func TestDescriptionIsTrue(t *testing.T) {
	s := newSite(t, "real")
	s.module("www")
	s.start()
	s.is("www", control.Live)
	s.mirrors("www")
	var doc description
	s.must(s.client.Get(t.Context(), "/v1/openapi.json", &doc))
	if !strings.HasPrefix(doc.OpenAPI, "3.") {
		t.Errorf("version of the document is %q", doc.OpenAPI)
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if op.Summary == "" {
				t.Errorf("%s %s says nothing", method, path)
			}
			s.compare(doc, strings.ToUpper(method), path, op)
		}
	}
}

// compare sends one request and checks that the answer has the fields that are
// described, and no other.
func (s *site) compare(doc description, method, path string, op operation) {
	content := op.Responses["200"].Content
	if _, ok := content["application/json"]; !ok || path == "/v1/openapi.json" {
		return // streams and text; see the tests of those
	}
	route := strings.NewReplacer("{name}", "www", "{id}", "none").Replace(path)
	switch {
	case strings.HasSuffix(path, "/wait"):
		route += "?timeout=10s"
	case strings.HasSuffix(path, "/why"):
		route += "?path=proof"
	}
	var body any
	if op.RequestBody != nil {
		body = map[string]any{}
		if op.RequestBody.Content["application/json"].name() == "ModulesRequest" {
			body = control.ModulesRequest{Modules: []string{"www"}, Wait: true}
		}
	}
	got, status := s.raw(method, route, body)
	if status == http.StatusNotFound || status == http.StatusConflict || status == http.StatusBadRequest {
		// refused for a reason; the route is there when the refusal has one
		if strings.Contains(string(got), "there is no /v1") {
			s.Errorf("%s %s is described and not served", method, path)
		}
		content = op.Responses["default"].Content
	} else if status != http.StatusOK {
		s.Errorf("%s %s: %d %s", method, path, status, got)
		return
	}
	m := content["application/json"]
	for _, value := range values(s, got) {
		s.checkFields(doc, m.name(), method+" "+path, value)
	}
	for _, undo := range []string{"enable", "resume"} {
		s.does(undo, "www")
	}
}

// values are the objects of an answer.
func values(t testing.TB, answer []byte) []map[string]json.RawMessage {
	var list []map[string]json.RawMessage
	if bytes.HasPrefix(answer, []byte("[")) {
		if err := json.Unmarshal(answer, &list); err != nil {
			t.Errorf("%s: %v", answer, err)
		}
		return list
	}
	var one map[string]json.RawMessage
	if err := json.Unmarshal(answer, &one); err != nil {
		t.Errorf("%s: %v", answer, err)
	}
	return append(list, one)
}

// checkFields compares one object with its schema, and the objects in it.
func (s *site) checkFields(doc description, name, where string, value map[string]json.RawMessage) {
	schema, ok := doc.Components.Schemas[name]
	if !ok {
		s.Errorf("%s: there is no schema %q", where, name)
		return
	}
	for _, field := range schema.Required {
		if _, ok := value[field]; !ok {
			s.Errorf("%s: %s.%s is described as always there and is not", where, name, field)
		}
	}
	for field, inner := range value {
		property, ok := schema.Properties[field]
		if !ok {
			s.Errorf("%s: %s.%s is not described", where, name, field)
			continue
		}
		var m media
		if json.Unmarshal(property, &m.Schema) != nil || m.name() == "" || len(inner) == 0 || inner[0] != '{' && inner[0] != '[' {
			continue
		}
		for _, v := range values(s, inner) {
			s.checkFields(doc, m.name(), where, v)
		}
	}
}

// raw sends a request and returns the answer as it came.
func (s *site) raw(method, route string, body any) ([]byte, int) {
	s.Helper()
	data, err := json.Marshal(body)
	s.must(err)
	req, err := http.NewRequestWithContext(s.Context(), method, "http://syncsvc"+route, bytes.NewReader(data))
	s.must(err)
	resp, err := control.Transport(control.Socket(s.settings.RunDir, control.ServiceName)).RoundTrip(req)
	s.must(err)
	defer resp.Body.Close()
	var got bytes.Buffer
	_, err = got.ReadFrom(resp.Body)
	s.must(err)
	return bytes.TrimSpace(got.Bytes()), resp.StatusCode
}

// TestEveryFieldIsDescribed compares the schemas with the types.
func TestEveryFieldIsDescribed(t *testing.T) {
	a := &api{}
	doc := document("test", a.routes())
	all := doc["components"].(object)["schemas"].(object)
	for _, of := range []any{
		control.Overview{},
		control.Module{},
		control.Status{},
		control.Target{},
		control.Death{},
		control.Problem{},
		control.Budget{},
		control.Reload{},
		control.ModuleReload{},
		control.FilterEffect{},
		control.Event{},
		control.Failure{},
		control.ModuleAnswer{},
		control.WhyAnswer{},
		control.VerifyAnswer{},
		control.Progress{},
		control.TargetFailure{},
	} {
		typ := reflect.TypeOf(of)
		data, err := json.Marshal(of)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(data, &fields); err != nil {
			t.Fatal(err)
		}
		schema, ok := all[typ.Name()].(object)
		if !ok {
			t.Errorf("%s is not described", typ.Name())
			continue
		}
		required, _ := schema["required"].([]string)
		for name := range fields {
			if !slices.Contains(required, name) {
				t.Errorf("%s.%s is always there and not described so", typ.Name(), name)
			}
		}
		if len(required) != len(fields) {
			t.Errorf("%s: %d fields are described as always there, %d are", typ.Name(), len(required), len(fields))
		}
	}
}

func TestInstancesOwnRoutesAreNotAllPassedOn(t *testing.T) {
	s := newSite(t, "real")
	s.module("www")
	s.start()
	s.is("www", control.Live)
	if got, status := s.raw(http.MethodPost, "/v1/modules/www/reconfigure", control.Reconfigure{}); status != http.StatusNotFound {
		t.Errorf("reconfigure: %d %s", status, got)
	}
	var why control.WhyAnswer
	s.write("src/www/a b%2f", "x")
	s.must(s.client.Get(t.Context(), "/v1/modules/www/why?path=a%20b%252f", &why))
	if why.Path != "a b%2f" || !why.Exists {
		t.Errorf("why says %+v", why)
	}
}

func TestIDStaysOnePart(t *testing.T) {
	s := newSite(t, "real")
	s.module("www")
	s.start()
	s.is("www", control.Live)
	for id, want := range map[string]string{"a%2Fb": `no sync is called \"a/b\"`, "a%3Fb": `no sync is called \"a?b\"`, "..%2f..%2fstatus": "there is no"} {
		got, status := s.raw(http.MethodGet, "/v1/modules/www/sync/"+id, nil)
		if status != http.StatusNotFound || !strings.Contains(string(got), want) {
			t.Errorf("%s: %d %s", id, status, got)
		}
	}
}

func TestWaitForAllModules(t *testing.T) {
	s := newSite(t, "real")
	s.module("www")
	s.module("bbs", "enabled: false")
	s.start()
	s.is("www", control.Live)
	s.write("src/www/page", "1")
	var done control.WaitAnswer
	s.must(s.client.Get(t.Context(), "/v1/wait?timeout=60s", &done))
	if !done.Done {
		t.Errorf("behind: %v", done.Behind)
	}
	s.does("pause", "www")
	s.write("src/www/page", "2")
	s.must(s.client.Get(t.Context(), "/v1/wait?timeout=100ms", &done))
	if done.Done || len(done.Behind) != 1 || !strings.HasPrefix(done.Behind[0], "www: ") {
		t.Errorf("paused, it answers %+v", done)
	}
	s.does("resume", "www")
	if _, status := s.raw(http.MethodGet, "/v1/wait?timeout=soon", nil); status != http.StatusBadRequest {
		t.Errorf("a wrong timeout gave %s", fmt.Sprint(status))
	}
}

func TestWaitSitsOutAStart(t *testing.T) {
	s := newSite(t, "real")
	s.module("www")
	s.start()
	for _, route := range []string{"/v1/wait", "/v1/modules/www/wait"} {
		s.untilBackoff("www")
		var done control.WaitAnswer
		s.must(s.client.Get(t.Context(), route+"?timeout=60s", &done))
		if !done.Done {
			t.Errorf("%s does not wait until it runs again: %v", route, done.Behind)
		}
	}
}

// untilBackoff kills a module until it is seen to wait for its next start: on a
// busy machine that may be over before anybody looks.
func (s *site) untilBackoff(name string) {
	s.Helper()
	killed := 0
	s.until(name+" waits for its next start", func() bool {
		m := s.see(name)
		if m.State == control.Live && m.Pid != killed {
			killed = m.Pid
			s.must(syscall.Kill(m.Pid, syscall.SIGKILL))
		}
		return m.State == control.Backoff && m.Pid == 0 && time.Until(*m.NextStart) > 0
	})
}

func TestFiguresForPrometheus(t *testing.T) {
	s := newSite(t, "real")
	s.module("www")
	s.start()
	s.is("www", control.Live)
	got, status := s.raw(http.MethodGet, "/metrics", nil)
	if status != http.StatusOK || !bytes.Contains(got, []byte(`module="www"`)) {
		t.Errorf("%d %.300s", status, got)
	}
}
