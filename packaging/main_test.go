// Package packaging_test reads built packages as a careful operator would before
// installing them: what is in them, whose it is, and whether it is what it says.
//
// It installs nothing; packaging/boot does. It is skipped unless
// SYNCSVC_PACKAGES names a folder with packages, as "make test-boot" does.
package packaging_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// packagesEnv names the folder that packaging/build has written to.
const packagesEnv = "SYNCSVC_PACKAGES"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// folder returns where the packages are, or skips the test.
func folder(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(packagesEnv)
	if dir == "" {
		t.Skip("reads packages, which take a minute to build: make test-boot, or " + packagesEnv + "=dist after make packages")
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join("..", dir) // as seen from the root of the repository
	}
	return dir
}

// architecture is how each format calls one.
type architecture struct {
	goarch, deb, other string
}

var architectures = []architecture{{"amd64", "amd64", "x86_64"}, {"arm64", "arm64", "aarch64"}}

func (a architecture) debFile(t *testing.T) string { return file(t, "*_"+a.deb+".deb") }
func (a architecture) rpmFile(t *testing.T) string { return file(t, "*."+a.other+".rpm") }

// file returns the one file that matches.
func file(t *testing.T, pattern string) string {
	t.Helper()
	found, _ := filepath.Glob(filepath.Join(folder(t), pattern))
	if len(found) != 1 {
		t.Fatalf("%d files %s in %s, want one: make packages", len(found), pattern, folder(t))
	}
	return found[0]
}

// every runs a test for each architecture.
func every(t *testing.T, test func(*testing.T, architecture)) {
	folder(t)
	for _, a := range architectures {
		t.Run(a.goarch, func(t *testing.T) { test(t, a) })
	}
}

// unpacked returns a folder with what is in the Debian package, where programs
// and documents are the same as in the others. See TestAllFormatsHaveTheSameFiles.
func unpacked(t *testing.T, a architecture) string {
	t.Helper()
	dir := t.TempDir()
	output(t, "dpkg-deb", "--extract", a.debFile(t), dir)
	return dir
}

// output runs a program that has to succeed.
func output(t *testing.T, argv ...string) string {
	t.Helper()
	out, words, err := try(t, argv...)
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(argv, " "), err, out, words)
	}
	return out
}

// try runs a program and returns what it said.
func try(t *testing.T, argv ...string) (out, words string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TZ=UTC")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		t.Fatalf("%s is missing: ./setup boot installs it", argv[0])
	}
	return stdout.String(), stderr.String(), err
}

// host is the program of the package that can run here.
var host = sync.OnceValue(func() architecture {
	out, err := exec.Command("go", "env", "GOHOSTARCH").Output()
	for _, a := range architectures {
		if err == nil && strings.TrimSpace(string(out)) == a.goarch {
			return a
		}
	}
	return architectures[0]
})

func text(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
