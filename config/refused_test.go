package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the messages in testdata anew")

// TestRefused reads each file of testdata/refused/*.txtar and compares what
// people get to see with the file NAME.want that follows it.
func TestRefused(t *testing.T) {
	eachArchive(t, "testdata/refused/*.txtar", refusalText)
}

// TestServiceRefused does the same with settings of the service.
func TestServiceRefused(t *testing.T) {
	eachArchive(t, "testdata/service/*.txtar", serviceRefusalText)
}

func eachArchive(t *testing.T, pattern string, text func(*testing.T, txtar.File) string) {
	archives, err := filepath.Glob(pattern)
	if err != nil || len(archives) == 0 {
		t.Fatalf("no test data: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { checkRefusals(t, path, text) })
	}
}

func checkRefusals(t *testing.T, path string, text func(*testing.T, txtar.File) string) {
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(a.Files); i += 2 {
		file, want := a.Files[i], &a.Files[i+1]
		t.Run(file.Name, func(t *testing.T) {
			got := text(t, file)
			if *update {
				want.Data = []byte(got)
				return
			}
			if diff := cmp.Diff(string(want.Data), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// refusalText returns what a module file's problems look like.
func refusalText(t *testing.T, file txtar.File) string {
	m, problems := decode(&source{file: file.Name, text: string(file.Data)}, environment{home: "/srv/home/me", rulesFrom: readRules})
	if m != nil || len(problems) == 0 {
		t.Fatal("it is not refused")
	}
	return Join(problems).Error() + "\n"
}

func serviceRefusalText(t *testing.T, file txtar.File) string {
	c := newConfDir(t)
	s, err := LoadService(ServiceSource{File: c.write(file.Name, string(file.Data))})
	if err == nil {
		t.Fatalf("it is not refused: %+v", s)
	}
	return strings.ReplaceAll(err.Error(), c.path+"/", "") + "\n"
}
