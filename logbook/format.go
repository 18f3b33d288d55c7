package logbook

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// Format is how lines are written.
type Format uint8

// The formats.
const (
	Text     Format = iota // key=value
	JSON                   // an object a line
	Journald               // the priority in front, see sd-daemon(3); then as Text, without the time
)

// FormatFor returns the format that a setting means for a stream: "auto" is
// Text on a terminal, Journald where systemd's journal reads, and JSON
// elsewhere.
func FormatFor(setting string, stream io.Writer) Format {
	switch setting {
	case "text":
		return Text
	case "json":
		return JSON
	case "journald":
		return Journald
	}
	f, ok := stream.(*os.File)
	switch {
	case ok && term.IsTerminal(int(f.Fd())):
		return Text
	case ok && isJournal(f, os.Getenv("JOURNAL_STREAM")):
		return Journald
	}
	return JSON
}

// isJournal reports whether a file is the stream that systemd announced as
// DEVICE:INODE. The variable alone says nothing: children inherit it and write
// elsewhere.
func isJournal(f *os.File, announced string) bool {
	var st unix.Stat_t
	if announced == "" || unix.Fstat(int(f.Fd()), &st) != nil {
		return false
	}
	return announced == fmt.Sprintf("%d:%d", st.Dev, st.Ino)
}

// NewHandler returns a handler for a process that has no book: it writes
// itself.
func NewHandler(w io.Writer, f Format, level slog.Leveler) slog.Handler {
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: readable}
	switch f {
	case Text:
		return slog.NewTextHandler(w, o)
	case JSON:
		return slog.NewJSONHandler(w, o)
	}
	return slog.NewJSONHandler(reformer{w, f}, o)
}

// readable writes times as "1m30s"; JSON has only numbers of nanoseconds for
// them.
func readable(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}

// reformer writes the lines of a [slog.JSONHandler] in another format.
type reformer struct {
	to     io.Writer
	format Format
}

func (r reformer) Write(p []byte) (int, error) {
	if _, err := r.to.Write(r.format.Line(parse(bytes.TrimSuffix(p, []byte{'\n'}), "", time.Now()))); err != nil {
		return 0, err
	}
	return len(p), nil
}
