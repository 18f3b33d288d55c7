package boot_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// verdict is what became of one test inside the guest.
type verdict struct {
	name   string
	action string // pass, fail or skip; "" when it was cut off
	words  strings.Builder
}

// verdicts repeats the outcome of the guest's tests, each as a test of its own.
func verdicts(t *testing.T, log string) {
	t.Helper()
	all := parseVerdicts(t, log)
	if len(all) == 0 {
		t.Fatalf("the guest says nothing of its tests: %q", lastLines(log))
	}
	for _, v := range all[1:] {
		_, name, _ := strings.Cut(v.name, "/")
		t.Run(name, v.repeat)
	}
	if v := all[0]; v.action != "pass" { // the one around them
		t.Errorf("%s: %s\n%s", v.name, v.action, v.words.String())
	}
}

func (v *verdict) repeat(t *testing.T) {
	if v.words.Len() > 0 {
		t.Log("\n" + v.words.String())
	}
	if v.action != "pass" {
		t.Errorf("in the guest: %q", v.action)
	}
}

// parseVerdicts reads what a Go test prints with -test.v=test2json, in the order
// in which the tests began.
func parseVerdicts(t *testing.T, log string) []*verdict {
	t.Helper()
	convert := exec.Command("go", "tool", "test2json")
	convert.Stdin = strings.NewReader(log)
	events, err := convert.Output()
	if err != nil {
		t.Fatalf("go tool test2json: %v", err)
	}
	var all []*verdict
	named := map[string]*verdict{}
	for line := range strings.Lines(string(events)) {
		var e struct{ Action, Test, Output string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("go tool test2json says %q: %v", line, err)
		}
		if e.Test == "" {
			continue
		}
		v := named[e.Test]
		if v == nil {
			v = &verdict{name: e.Test}
			named[e.Test], all = v, append(all, v)
		}
		v.take(e.Action, e.Output)
	}
	return all
}

func (v *verdict) take(action, output string) {
	switch {
	case action == "pass" || action == "fail" || action == "skip":
		v.action = action
	case action == "output" && !strings.HasPrefix(output, "=== ") && !strings.HasPrefix(strings.TrimSpace(output), "--- "):
		v.words.WriteString(output)
	}
}
