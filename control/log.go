package control

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// LogRecord is one line of the log, as GET /v1/logs streams it.
type LogRecord struct {
	Time   time.Time `json:"time"`
	Level  string    `json:"level"` // debug, info, warn or error
	Module string    `json:"module,omitempty"`
	Target string    `json:"target,omitempty"`
	Text   string    `json:"msg"`
	Attrs  LogAttrs  `json:"attrs,omitempty"`

	// Raw says that it was no log line but other output of the process, as a
	// panic.
	Raw bool `json:"raw,omitempty"`

	// Repeated is how often the line came again in Within seconds, without
	// being shown. It is 0 in the line itself.
	Repeated int64   `json:"repeated,omitempty"`
	Within   float64 `json:"within_seconds,omitempty"`

	// Lost is how many lines are missing here, because the reader was too
	// slow. Such a record says nothing else.
	Lost int64 `json:"lost,omitempty"`
}

// LogAttrs are the facts of a [LogRecord] in the order in which they were
// logged; in JSON, an object.
type LogAttrs []LogAttr

// LogAttr is one fact. Value is JSON.
type LogAttr struct {
	Key   string
	Value json.RawMessage
}

// Text returns the value as people read it: a text without quotes, anything
// else as JSON.
func (a LogAttr) Text() string {
	var s string
	if len(a.Value) > 0 && a.Value[0] == '"' && json.Unmarshal(a.Value, &s) == nil {
		return s
	}
	return string(a.Value)
}

// MarshalJSON implements [json.Marshaler].
func (l LogAttrs) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, a := range l {
		if i > 0 {
			out = append(out, ',')
		}
		key, err := json.Marshal(a.Key)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, key...), ':'), a.Value...)
	}
	return append(out, '}'), nil
}

// UnmarshalJSON implements [json.Unmarshaler].
func (l *LogAttrs) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("attributes of a log line: not an object")
	}
	*l = nil
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return fmt.Errorf("attributes of a log line: %w", err)
		}
		a := LogAttr{Key: key.(string)} // a decoder lets nothing else be a key
		if err := dec.Decode(&a.Value); err != nil {
			return fmt.Errorf("attributes of a log line: %w", err)
		}
		*l = append(*l, a)
	}
	return nil
}
