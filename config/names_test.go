package config

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamesAreThoseOfModuleFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"www.yaml", "bbs.yml", "broken.json", "www.json", "www.yaml~", ".hidden.yaml", "README"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"bbs", "broken", "www"}, Names(dir)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	want := []string{filepath.Join(dir, "www.json"), filepath.Join(dir, "www.yaml")}
	if diff := cmp.Diff(want, Files(dir, "www")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := Names(filepath.Join(dir, "nowhere")); got != nil {
		t.Errorf("a missing folder has modules: %q", got)
	}
}
