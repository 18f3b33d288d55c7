package watch

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLimitIsRaisedAndNeverLowered(t *testing.T) {
	file := filepath.Join(t.TempDir(), "limit")
	if err := os.WriteFile(file, []byte("128\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		atLeast, before int
		after           string
	}{{100, 128, "128\n"}, {300, 128, "300"}, {200, 300, "300"}} {
		before, err := raise(file, step.atLeast)
		after, _ := os.ReadFile(file)
		if err != nil || before != step.before || string(after) != step.after {
			t.Errorf("at least %d: %d before, %q after, %v; want %d, %q", step.atLeast, before, after, err, step.before, step.after)
		}
	}
	if _, err := raise(filepath.Join(t.TempDir(), "none"), 1); err == nil {
		t.Error("a limit that cannot be read is no error")
	}
}
