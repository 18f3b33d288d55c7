package main

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write the manual pages in packaging/man anew")

const manDir = "../../packaging/man"

// manPages returns the manual pages by the names of their files.
func manPages(t *testing.T) map[string]string {
	t.Helper()
	var none bytes.Buffer
	root := newRootCommand(&app{stdio: stdio{&none, &none, &none}})
	root.InitDefaultHelpCmd()
	return map[string]string{
		"syncsvc.8":        programPage(root),
		"syncsvc.yaml.5":   filePage(t, "syncsvc.yaml", "syncsvc.yaml", "SYNCSVC.YAML", "settings of the service syncsvc", "syncsvc-module"),
		"syncsvc-module.5": filePage(t, "module.yaml", "syncsvc-module", "SYNCSVC-MODULE", "a folder that syncsvc mirrors, and where to", "syncsvc.yaml"),
	}
}

// TestManPagesAreCurrent compares the pages in the repository with what the
// program says of itself.
func TestManPagesAreCurrent(t *testing.T) {
	for name, want := range manPages(t) {
		file := filepath.Join(manDir, name)
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(string(got), "\n"), strings.Split(want, "\n")); diff != "" {
			t.Errorf("%s is out of date; write it anew with: make man\n%s", name, diff)
		}
	}
}

// TestHelpFitsTheTerminal: nothing of it is wider than 100 columns.
func TestHelpFitsTheTerminal(t *testing.T) {
	var none bytes.Buffer
	root := newRootCommand(&app{stdio: stdio{&none, &none, &none}})
	root.InitDefaultHelpCmd()
	for all := []*cobra.Command{root}; len(all) > 0; all = all[1:] {
		all = append(all, all[0].Commands()...)
		for line := range strings.Lines(all[0].Long + "\n" + all[0].UsageString()) {
			if len(line) > 101 {
				t.Errorf("%s: %d columns: %s", all[0].CommandPath(), len(line)-1, line)
			}
		}
	}
}

// TestManPagesMentionEveryCommand holds against what a page is made from.
func TestManPagesMentionEveryCommand(t *testing.T) {
	page := manPages(t)["syncsvc.8"]
	for _, want := range []string{`.SS "syncsvc run`, `.SS "syncsvc service install`, `.SS "syncsvc config example`, ".SH FILES", ".SH SIGNALS", ".SH ENVIRONMENT", "rsync processes"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in syncsvc.8", want)
		}
	}
	if strings.Contains(page, "syncsvc instance") && !strings.Contains(page, `\-\-conf\-dir`) {
		t.Error("a command that is hidden is shown, or a setting is not")
	}
}

// TestManPagesFormatWithoutWarnings has both formatters of the world read them.
func TestManPagesFormatWithoutWarnings(t *testing.T) {
	for name, page := range manPages(t) {
		for _, argv := range [][]string{
			{"mandoc", "-T", "lint", "-W", "warning"},
			{"groff", "-man", "-ww", "-T", "utf8", "-z"},
		} {
			cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
			cmd.Stdin = strings.NewReader(page)
			if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%s says of %s: %v\n%s", argv[0], name, err, out)
			}
		}
	}
}
