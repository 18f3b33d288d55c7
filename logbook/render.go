package logbook

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/syncsvc/syncsvc/control"
)

// timeLayout is the one of slog's text handler.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// Line returns a record as one line with a newline, in the manner of slog's
// handlers.
func (f Format) Line(r control.LogRecord) []byte {
	switch f {
	case JSON:
		return jsonLine(r)
	case Journald:
		return append([]byte(priority(r.Level)), textLine(facts(r))...)
	}
	begin := control.LogAttrs{
		{Key: "time", Value: encode(r.Time.Format(timeLayout))},
		{Key: "level", Value: encode(strings.ToUpper(r.Level))},
	}
	return textLine(append(begin, facts(r)...))
}

// priority is what sd-daemon(3) wants in front of a line.
func priority(level string) string {
	switch level {
	case levelDebug:
		return "<7>"
	case levelInfo:
		return "<6>"
	case levelWarn:
		return "<4>"
	}
	return "<3>"
}

// facts returns everything of a record but time and level.
func facts(r control.LogRecord) control.LogAttrs {
	out := control.LogAttrs{{Key: "msg", Value: encode(r.Text)}}
	if r.Module != "" {
		out = append(out, control.LogAttr{Key: "module", Value: encode(r.Module)})
	}
	if r.Target != "" {
		out = append(out, control.LogAttr{Key: "target", Value: encode(r.Target)})
	}
	out = append(out, r.Attrs...)
	if r.Repeated > 0 {
		out = append(out, control.LogAttr{Key: "repeated", Value: encode(repeatedText(r))})
	}
	if r.Lost > 0 {
		out = append(out, control.LogAttr{Key: "lost", Value: encode(r.Lost)})
	}
	return out
}

// repeatedText is the counter for people: "128 times in 5m".
func repeatedText(r control.LogRecord) string {
	within := (time.Duration(r.Within) * time.Second).String()
	within = strings.TrimSuffix(within, "m0s") + strings.Repeat("m", strings.Count(within, "m0s"))
	if r.Repeated == 1 {
		return "once more in " + within
	}
	return fmt.Sprintf("%d times in %s", r.Repeated, within)
}

func encode(v any) json.RawMessage {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err) // only texts and numbers come here
	}
	return out
}

func textLine(list control.LogAttrs) []byte {
	var out []byte
	for i, a := range list {
		if i > 0 {
			out = append(out, ' ')
		}
		out = append(quoted(out, a.Key), '=')
		out = quoted(out, a.Text())
	}
	return append(out, '\n')
}

// quoted adds a text, in quotes when it could be taken for more than one.
func quoted(to []byte, s string) []byte {
	odd := func(r rune) bool {
		return r <= ' ' || r == '"' || r == '=' || r == utf8.RuneError || !unicode.IsPrint(r)
	}
	if s == "" || strings.ContainsFunc(s, odd) {
		return strconv.AppendQuote(to, s)
	}
	return append(to, s...)
}

func jsonLine(r control.LogRecord) []byte {
	list := append(control.LogAttrs{
		{Key: "time", Value: encode(r.Time)},
		{Key: "level", Value: encode(strings.ToUpper(r.Level))},
	}, facts(r)...)
	out, err := json.Marshal(list)
	if err != nil {
		out = encode(r.Text) // a fact that is no JSON cannot have been read
	}
	return append(out, '\n')
}
