package instance

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func TestRepeatedFailureIsToldOnce(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	var g grievance
	full := errors.New("no space left on device")
	for range 100 {
		g.again(log, slog.LevelError, "saving failed", full)
	}
	g.again(log, slog.LevelError, "saving failed", errors.New("read-only file system"))
	g.over(log, "saved again")
	g.over(log, "saved again")
	g.again(log, slog.LevelError, "saving failed", full)
	if n := strings.Count(out.String(), "saving failed"); n != 3 || strings.Count(out.String(), "failures=101") != 1 {
		t.Errorf("logged:\n%s", out.String())
	}
}
