package config

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// decodeText reads a module named www from a text, without looking at the disk
// for anything but exclude_from.
func decodeText(t testing.TB, text string) (*Module, []Problem) {
	t.Helper()
	m, problems := decode(&source{file: "www.yaml", text: text}, environment{home: "/srv/home/me", rulesFrom: readRules})
	if m != nil {
		m.Name, m.File = "www", "www.yaml"
	}
	return m, problems
}

// mustDecode reads a module that has to be good.
func mustDecode(t testing.TB, text string) *Module {
	t.Helper()
	m, problems := decodeText(t, text)
	if len(problems) > 0 {
		t.Fatalf("unexpected %v", Join(problems))
	}
	return m
}
