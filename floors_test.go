// Package syncsvc_test holds the checks that concern the repository as a whole.
package syncsvc_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/syncsvc/syncsvc"

// floors is the floor plan of ARCHITECTURE.md: a package imports only packages
// on lower floors.
var floors = map[string]int{
	"change": 0, "filter": 0, "control": 0, "templates": 0, "compare": 0, "webhook": 0, "config/sersync": 0, "config/lsyncd": 1,
	"config": 1, "watch": 1, "scan": 1, "rsync": 1, "checkpoint": 1, "hook": 1,
	"child": 1, "logbook": 1, "alert": 1, "metrics": 1, "service": 1, "console": 1,
	"supervisor": 2, "instance": 2, "doctor": 2, "top": 2,
	"cmd/syncsvc": 3, "bench": 3, "packaging": 3, "tools": 3,
}

func TestPackagesImportOnlyLowerFloors(t *testing.T) {
	for file, imports := range sources(t) {
		pkg := filepath.Dir(file)
		top, floor := home(t, pkg)
		for _, imp := range imports {
			rel, ours := strings.CutPrefix(imp, module+"/")
			switch {
			case !ours:
				if floor == 0 && strings.Contains(strings.Split(imp, "/")[0], ".") {
					t.Errorf("%s imports %s: floor 0 stands on the standard library only", file, imp)
				}
			case strings.HasPrefix(pkg, rel+"/"): // a sub-package may import its parent
			default:
				if into, f := home(t, rel); f >= floor && into != top {
					t.Errorf("%s (floor %d) imports %s (floor %d)", file, floor, rel, f)
				} else if into == top && f >= floor {
					t.Errorf("%s imports its sub-package or sibling %s", file, rel)
				}
			}
		}
	}
}

// home returns the entry of the floor plan that a package belongs to.
func home(t *testing.T, pkg string) (string, int) {
	t.Helper()
	for top := pkg; top != "."; top = filepath.Dir(top) {
		if floor, ok := floors[top]; ok {
			return top, floor
		}
	}
	t.Errorf("package %s has no place in the floor plan", pkg)
	return "", 0
}

// sources returns the imports of every file that is not a test.
func sources(t *testing.T) map[string][]string {
	t.Helper()
	found := make(map[string][]string)
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		found[path] = nil
		for _, imp := range f.Imports {
			name, _ := strconv.Unquote(imp.Path.Value)
			found[path] = append(found[path], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatal("found no source file")
	}
	return found
}
