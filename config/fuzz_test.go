package config

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/syncsvc/syncsvc/filter"
)

// FuzzModule feeds the reader of module files with anything: it must neither
// panic nor hang, must say why it refuses what it refuses, and its problems
// must lie within the file.
func FuzzModule(f *testing.F) {
	f.Add(everyKey)
	archives, err := filepath.Glob("testdata/refused/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range archives {
		a, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for i := 0; i < len(a.Files); i += 2 {
			f.Add(string(a.Files[i].Data))
		}
	}
	noFile := func(string) ([]filter.Rule, error) { return nil, errors.New("no file while fuzzing") }
	f.Fuzz(func(t *testing.T, text string) {
		m, problems := decode(&source{file: "www.yaml", text: text}, environment{home: "/root", rulesFrom: noFile})
		if (m == nil) != (len(problems) > 0) {
			t.Fatalf("%v with %d problems", m, len(problems))
		}
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
		for _, p := range problems {
			if p.Message == "" || p.Line < 0 || p.Line > lines {
				t.Errorf("no place or message: %+v", p)
			}
		}
		if m != nil && (m.Watch == "/" || m.Watch == "" || len(m.Targets) == 0 || m.Filter == nil || m.Fingerprint() == "") {
			t.Errorf("not checked: %+v", m)
		}
	})
}
