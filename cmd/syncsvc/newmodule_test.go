package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// TestNothingIsLostBetweenCommandLineAndFile writes module files for anything
// that can be typed, and reads them back.
func TestNothingIsLostBetweenCommandLineAndFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := newModule{
			name:     "www",
			watch:    "/" + rapid.StringMatching(`[^\x00/]{1,20}`).Draw(t, "watch"),
			targets:  []string{"/backup/" + rapid.String().Draw(t, "target"), "rsync://h/m"},
			excludes: []string{rapid.String().Draw(t, "exclude")},
		}
		text, err := n.text()
		if err != nil {
			t.Fatal(err)
		}
		_, err = n.parse("/conf.d/www.yaml", text)
		if err != nil && strings.Contains(err.Error(), "would be read back") && n.watch == filepath.Clean(n.watch) {
			t.Fatalf("%v\n%s", err, text)
		}
	})
}

func TestEverythingPrintableIsAccepted(t *testing.T) {
	for _, word := range []string{
		"a b", "a: b", "- a", "#a", "a #b", "yes", "null", "1.5", "é", "日本", `a"b`, `a\b`, "'a'", "%41", "&a", "*a", "!a", "{a}", "[a]", "a,b", "|", ">", "~", "@a", "`a`",
	} {
		n := newModule{name: "www", watch: "/" + word, targets: []string{"/backup/" + word, "rsync://h/m"}, passwordFile: "/etc/" + word, excludes: []string{"/" + word}}
		text, err := n.text()
		if err == nil {
			_, err = n.parse("/conf.d/www.yaml", text)
		}
		if err != nil {
			t.Errorf("%q: %v\n%s", word, err, text)
		}
	}
}

func TestBytesThatNoFileCanHoldAreRefused(t *testing.T) {
	for _, n := range []newModule{{watch: "/\xff"}, {targets: []string{"/\xff"}}, {excludes: []string{"\xff"}}} {
		_, err := n.text()
		if exitCode(err) != exitUsage || hintOf(err) == "" {
			t.Errorf("%+v: %v", n, err)
		}
	}
}

func TestOnlyOneOfManyWritesANewFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "www.yaml")
	var group sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		group.Go(func() { errs[i] = writeNew(path, []byte(strings.Repeat("x", 1000+i)), 0o644) })
	}
	group.Wait()
	won := 0
	for i, err := range errs {
		if err != nil {
			if !errors.Is(err, os.ErrExist) {
				t.Error(err)
			}
			continue
		}
		won++
		if info, err := os.Stat(path); err != nil || info.Size() != int64(1000+i) || info.Mode().Perm() != 0o644 {
			t.Errorf("%v, %v", info, err)
		}
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if won != 1 || err != nil || len(left) != 1 {
		t.Errorf("%d wrote it; in the folder are %v, %v", won, left, err)
	}
}
