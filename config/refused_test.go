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
	archives, err := filepath.Glob("testdata/refused/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no test data: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { checkRefusals(t, path) })
	}
}

func checkRefusals(t *testing.T, path string) {
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(a.Files); i += 2 {
		file, want := a.Files[i], &a.Files[i+1]
		t.Run(file.Name, func(t *testing.T) {
			got := refusalText(t, file)
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
