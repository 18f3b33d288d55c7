// Package lib_test tries the scripts that the maintainer scripts of all package
// formats share, and what a purge removes, each in a mount namespace where it can
// do no harm.
package lib_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// sandbox is a line of shell that makes the place in which a script runs, and
// the folder in which all of it lies.
type sandbox struct {
	t    *testing.T
	dir  string
	make []string
}

func newSandbox(t *testing.T) *sandbox {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can hide the system from a script")
	}
	t.Parallel()
	return &sandbox{t: t, dir: t.TempDir()}
}

// path is where something of the sandbox lies outside of it.
func (s *sandbox) path(name string) string { return filepath.Join(s.dir, name) }

func (s *sandbox) write(name, text string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(s.path(name)), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(s.path(name), []byte(text), 0o755); err != nil {
		s.t.Fatal(err)
	}
}

func (s *sandbox) read(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(s.path(name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// cover puts a folder of the sandbox over one of the system.
func (s *sandbox) cover(name, folder string) {
	s.t.Helper()
	if err := os.MkdirAll(s.path(name), 0o755); err != nil {
		s.t.Fatal(err)
	}
	s.make = append(s.make, "mount --bind "+s.path(name)+" "+folder)
}

// run runs lines of shell inside and returns what they print.
func (s *sandbox) run(lines ...string) string {
	s.t.Helper()
	script := strings.Join(append(append([]string{"set -e"}, s.make...), lines...), "\n")
	cmd := exec.Command("unshare", "--mount", "--net", "sh", "-c", script)
	out, err := cmd.CombinedOutput()
	switch {
	case refused.Match(out):
		s.t.Skipf("nothing can be mounted here: %s", out)
	case err != nil:
		s.t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// refused is what unshare and mount say where root is not quite root, or the
// kernel knows no overlays.
var refused = regexp.MustCompile(`(unshare|mount): .*(not permitted|permission denied|unknown filesystem|wrong fs type)`)

// script is the command that runs a script of this folder.
func script(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return "sh " + path + " "
}
