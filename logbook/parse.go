package logbook

import (
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/syncsvc/syncsvc/control"
)

// The levels of a record.
const (
	levelDebug = "debug"
	levelInfo  = "info"
	levelWarn  = "warn"
	levelError = "error"
)

// parse makes a record of a line. What a [slog.JSONHandler] did not write is
// raw.
func parse(line []byte, module string, now time.Time) control.LogRecord {
	var facts control.LogAttrs
	if len(line) == 0 || line[0] != '{' || json.Unmarshal(line, &facts) != nil {
		return raw(line, module, now)
	}
	r := control.LogRecord{Time: now, Module: module}
	message := false
	for _, a := range facts {
		switch a.Key {
		case slog.TimeKey:
			if t, err := time.Parse(time.RFC3339Nano, a.Text()); err == nil {
				r.Time = t
			}
		case slog.LevelKey:
			r.Level = levelName(a.Text())
		case slog.MessageKey:
			r.Text, message = harmless(a.Text()), true
		case "module":
			if module == "" {
				r.Module = a.Text()
			}
		case "target":
			r.Target = a.Text()
		default:
			r.Attrs = append(r.Attrs, a)
		}
	}
	if !message || r.Level == "" {
		return raw(line, module, now)
	}
	return r
}

// levelName is the level below which "WARN+1" and the like fall.
func levelName(text string) string {
	var l slog.Level
	switch err := l.UnmarshalText([]byte(text)); {
	case err != nil:
		return ""
	case l < slog.LevelInfo:
		return levelDebug
	case l < slog.LevelWarn:
		return levelInfo
	case l < slog.LevelError:
		return levelWarn
	}
	return levelError
}

// level is the inverse of levelName.
func level(name string) slog.Level {
	var l slog.Level
	if l.UnmarshalText([]byte(name)) != nil {
		return slog.LevelInfo
	}
	return l
}

// raw makes a record of output that is no log line.
func raw(line []byte, module string, now time.Time) control.LogRecord {
	text := harmless(string(line))
	r := control.LogRecord{Time: now, Level: levelWarn, Module: module, Text: text, Raw: true}
	if strings.HasPrefix(text, "panic:") || strings.HasPrefix(text, "fatal error:") {
		r.Level = levelError
	}
	return r
}

// harmless writes what a terminal could take for a command, and what is not
// UTF-8, with \x escapes. Tabs stay: they indent the lines of a panic.
func harmless(s string) string {
	if clean(s) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\t':
			out.WriteByte('\t')
		case r == utf8.RuneError && n == 1:
			out.WriteString(`\x` + string(hex(s[i])))
		case !strconv.IsPrint(r):
			q := strconv.QuoteRuneToASCII(r)
			out.WriteString(q[1 : len(q)-1])
		default:
			out.WriteString(s[i : i+n])
		}
		i += n
	}
	return out.String()
}

func clean(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r != '\t' && !strconv.IsPrint(r) })
}

func hex(b byte) []byte {
	const digits = "0123456789abcdef"
	return []byte{digits[b>>4], digits[b&15]}
}
