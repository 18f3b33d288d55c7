package supervisor

import (
	"encoding"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// object is a JSON object of the OpenAPI document.
type object = map[string]any

// document describes the routes as OpenAPI 3.1. It is made from the table that
// also serves them, and from the types that go over the wire.
func document(version string, routes []route) object {
	d := describer{schemas: object{}}
	paths := map[string]object{}
	for _, r := range routes {
		method, path, _ := strings.Cut(r.pattern, " ")
		path = wildcard.ReplaceAllString(path, "{$1}")
		if paths[path] == nil {
			paths[path] = object{}
		}
		paths[path][strings.ToLower(method)] = d.operation(path, r)
	}
	d.schema(reflect.TypeFor[control.Error]())
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "syncsvc", "version": version,
			"description": "The control API of the syncsvc service. Spans are seconds, sizes bytes, times RFC 3339.",
		},
		"paths":      paths,
		"components": object{"schemas": d.schemas},
	}
}

// wildcard is a part of a pattern that stands for anything; {path...} for
// several parts.
var wildcard = regexp.MustCompile(`\{([a-z]+)(?:\.\.\.)?\}`)

// describer collects the schemas of types by their names.
type describer struct{ schemas object }

func (d *describer) operation(path string, r route) object {
	op := object{"summary": r.summary, "responses": object{
		"200":     object{"description": "OK", "content": object{r.content(): d.media(r.answer)}},
		"default": object{"description": "What went wrong", "content": object{"application/json": object{"schema": reference("Error")}}},
	}}
	var parameters []object
	for _, m := range wildcard.FindAllStringSubmatch(path, -1) {
		parameters = append(parameters, object{
			"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"},
		})
	}
	for _, q := range r.query {
		parameters = append(parameters, object{
			"name": q.name, "in": "query", "description": q.about, "schema": object{"type": "string"},
		})
	}
	if parameters != nil {
		op["parameters"] = parameters
	}
	if r.request != nil {
		op["requestBody"] = object{"content": object{"application/json": d.media(r.request)}}
	}
	return op
}

func (d *describer) media(of any) object {
	if of == nil {
		return object{}
	}
	return object{"schema": d.schema(reflect.TypeOf(of))}
}

func reference(name string) object { return object{"$ref": "#/components/schemas/" + name} }

// schema describes a type; a struct by a reference to its own description.
func (d *describer) schema(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return object{"anyOf": []object{d.schema(t.Elem()), {"type": "null"}}}
	case reflect.Slice:
		return object{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": d.schema(t.Elem())}
	case reflect.Struct:
		return d.structure(t)
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Interface:
		return object{}
	}
	return object{"type": "integer"}
}

func (d *describer) structure(t reflect.Type) object {
	if _, known := d.schemas[t.Name()]; !known {
		s := object{"type": "object"}
		d.schemas[t.Name()] = s // first, for types that contain themselves
		properties := object{}
		required := d.fields(t, properties)
		s["properties"] = properties
		if len(required) > 0 {
			s["required"] = slices.Sorted(slices.Values(required))
		}
	}
	return reference(t.Name())
}

// fields describes those of a struct, embedded ones as its own, and returns
// which are always there.
func (d *describer) fields(t reflect.Type, properties object) (required []string) {
	for f := range t.Fields() {
		if f.Anonymous {
			required = append(required, d.fields(f.Type, properties)...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || name == "" {
			continue
		}
		properties[name] = d.schema(f.Type)
		if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			required = append(required, name)
		}
	}
	return required
}

// route is one thing that can be asked for. Exactly one of json, stream and
// plain is set.
type route struct {
	pattern string // "GET /v1/status"
	summary string
	query   []parameter
	request any // a value of the type of the body; nil = none
	answer  any // a value of the type of the answer, or of each value of a stream

	json   control.Handler
	stream control.StreamHandler
	format control.Format // of stream
	plain  http.Handler
	kind   string // content type of plain; "" = application/json
}

type parameter struct{ name, about string }

// content is the type of the answer.
func (r route) content() string {
	switch {
	case r.stream != nil:
		return r.format.ContentType()
	case r.kind != "":
		return r.kind
	}
	return "application/json"
}

// serve registers the routes.
func serve(s *control.Server, routes []route) {
	for _, r := range routes {
		switch {
		case r.json != nil:
			s.Handle(r.pattern, r.json)
		case r.stream != nil:
			s.HandleStream(r.pattern, r.format, r.stream)
		default:
			s.HandleHTTP(r.pattern, r.plain)
		}
	}
}
