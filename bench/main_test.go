package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// built is a syncsvc made from this tree.
func built(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "syncsvc")
	if out, err := exec.Command("go", "build", "-o", program, "../cmd/syncsvc").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// remarks goes to the test's log.
type remarks struct{ *testing.T }

func (r remarks) Write(p []byte) (int, error) {
	r.Log(strings.TrimSuffix(string(p), "\n"))
	return len(p), nil
}

func TestOneRowFromStartToTable(t *testing.T) {
	if err := checkTools(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "table.md")
	var out bytes.Buffer
	args := []string{"-quick", "-only", "single", "-syncsvc", built(t), "-dir", dir, "-markdown", file}
	if err := run(t.Context(), args, &out, remarks{t}); err != nil {
		t.Fatal(err)
	}
	for _, want := range append(columns(), "one file of 4 KB", "x bare rsync", "x lsyncd delay=0", "Linux ") {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in the table:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "not measured") {
		t.Error(out.String())
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(left) != 1 || left[0] != file {
		t.Errorf("left behind: %v, want the table only", left)
	}
}

func TestMistakesOnTheCommandLineAreTold(t *testing.T) {
	for want, args := range map[string][]string{
		"no row is called":    {"-only", "sinlge"},
		"unexpected argument": {"single"},
		"hint: make build":    {"-syncsvc", "/nowhere/syncsvc"},
	} {
		err := run(t.Context(), args, t.Output(), t.Output())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", args, err, want)
		}
	}
}
