package supervisor

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// loadModule reads a module file made of text.
func loadModule(t *testing.T, text string) *config.Module {
	t.Helper()
	file := filepath.Join(t.TempDir(), "www.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := config.LoadModule(file)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPlanCountsWhatOtherRulesMean(t *testing.T) {
	tree := t.TempDir()
	for _, name := range []string{"cache/a", "cache/deep/b", "log/c", "page"} {
		path := filepath.Join(tree, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	head := "watch: " + tree + "\ntargets: [" + t.TempDir() + "]\n"
	before := loadModule(t, head+"exclude: [/log/]\n")
	now := loadModule(t, head+"exclude: [/cache/]\n")
	want := &control.FilterEffect{
		Sent: 2, SentLike: []control.Path{"log", "log/c"},
		Left: 4, LeftLike: []control.Path{"cache", "cache/a", "cache/deep", "cache/deep/b"},
	}
	if diff := cmp.Diff(want, effectOf(t.Context(), before, now)); diff != "" {
		t.Error(diff)
	}
	if got := effectOf(t.Context(), now, now); got != nil {
		t.Errorf("the same rules mean %+v", got)
	}
	if err := os.RemoveAll(tree); err != nil {
		t.Fatal(err)
	}
	if got := effectOf(t.Context(), before, now); got != nil {
		t.Errorf("of a tree that is gone: %+v", got)
	}
}
