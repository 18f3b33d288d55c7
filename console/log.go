package console

import (
	"strconv"
	"strings"

	"github.com/syncsvc/syncsvc/control"
)

// Record writes one line of the log.
func (l Look) Record(r control.LogRecord) string {
	if r.Lost > 0 {
		return l.Warn(Plural(r.Lost, "line") + " missing here: they were not read in time")
	}
	parts := []string{l.Dim(l.clock(r.Time)), l.level(r.Level)}
	if r.Module != "" {
		parts = append(parts, l.Bold(Safe(r.Module)))
	}
	if r.Target != "" {
		parts = append(parts, l.Dim(Safe(r.Target)))
	}
	text := Safe(r.Text)
	if r.Raw {
		text = l.Dim("| ") + text
	}
	for _, a := range r.Attrs {
		text += " " + l.Dim(Safe(a.Key)+"=") + fact(a.Text())
	}
	if r.Repeated > 0 {
		text += l.Dim(" (again: " + Count(r.Repeated) + " in " + Seconds(r.Within) + ")")
	}
	return strings.Join(append(parts, text), "  ")
}

// fact writes the value of an attribute, in quotes when it could be taken for
// more than one.
func fact(text string) string {
	if safe := Safe(text); safe == text && text != "" && !strings.ContainsAny(text, ` "=`) {
		return text
	}
	return strconv.Quote(text)
}

func (l Look) level(level string) string {
	text := pad(strings.ToUpper(Safe(level)), len("ERROR"), false)
	switch level {
	case "error":
		return l.Bad(text)
	case "warn":
		return l.Warn(text)
	case "debug":
		return l.Dim(text)
	}
	return text
}
