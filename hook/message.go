package hook

import (
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/syncsvc/syncsvc/control"
)

// message is an event as JSON. Bytes that are not UTF-8 are written with \x
// escapes; then the path is there once more in base64.
type message struct {
	Module string       `json:"module"`
	Event  Kind         `json:"event"`
	Path   control.Path `json:"path"`
	File   control.Path `json:"file"`
	Raw    []byte       `json:"path_base64,omitempty"`
	Was    control.Path `json:"was,omitempty"`
	RawWas []byte       `json:"was_base64,omitempty"`
	Target string       `json:"target,omitempty"` // none = all of them have it
	Folder bool         `json:"folder,omitempty"`
	Size   int64        `json:"size,omitempty"`
	Time   time.Time    `json:"time"`
	Count  int64        `json:"count,omitempty"` // of collapsed
}

func (o Options) message(e Event) message {
	return message{
		Module: o.Module, Event: e.Kind, Path: control.Path(e.Path), File: control.Path(o.file(e.Path)), Raw: raw(e.Path),
		Was: control.Path(e.Was), RawWas: raw(e.Was), Target: e.Target, Folder: e.Dir, Size: e.Size, Time: e.Time.UTC(), Count: e.Count,
	}
}

// raw returns the bytes of a path that JSON can't hold.
func raw(path string) []byte {
	if utf8.ValidString(path) {
		return nil
	}
	return []byte(path)
}

// document is all events of a delivery as JSON.
type document struct {
	ID     string    `json:"id"` // the same when it is told again
	Module string    `json:"module"`
	Events []message `json:"events"`
}

func (o Options) document(id string, events []Event) ([]byte, error) {
	d := document{ID: id, Module: o.Module}
	for _, e := range events {
		d.Events = append(d.Events, o.message(e))
	}
	return json.Marshal(d)
}

// lines is each event as JSON in a line of its own.
func (o Options) lines(events []Event) ([]byte, error) {
	var out []byte
	for _, e := range events {
		line, err := json.Marshal(o.message(e))
		if err != nil {
			return nil, err
		}
		out = append(append(out, line...), '\n')
	}
	return out, nil
}
