package boot_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// packagesEnv names a folder with packages to test in place of ones built here:
// the current ones in it, the ones to upgrade from in its folder "previous".
const packagesEnv = "SYNCSVC_PACKAGES"

// Versions of the packages built here. What they are called does not matter, only
// which is the newer one.
const previousVersion, currentVersion = "0.9.0", "1.0.0"

// built makes the packages once for all tests of a run.
var built = sync.OnceValues(buildPackages)

// deb is the Debian package to be tested, previousDeb the one to upgrade from.
func deb(t *testing.T) string         { return packageFile(t, "", "*_amd64.deb") }
func previousDeb(t *testing.T) string { return packageFile(t, "previous", "*_amd64.deb") }

// rpm is the same for rpm.
func rpm(t *testing.T) string         { return packageFile(t, "", "*.x86_64.rpm") }
func previousRpm(t *testing.T) string { return packageFile(t, "previous", "*.x86_64.rpm") }

func packageFile(t *testing.T, folder, pattern string) string {
	t.Helper()
	if os.Getenv(bootEnv) == "" && os.Getenv(vmEnv) == "" {
		t.Skip("builds packages, which takes minutes: make test-boot")
	}
	dir, err := built()
	if err != nil {
		t.Fatalf("build the packages: %v", err)
	}
	found, _ := filepath.Glob(filepath.Join(dir, folder, pattern))
	if len(found) != 1 {
		t.Fatalf("%d files %s in %s, want one (%s chooses the folder)", len(found), pattern, filepath.Join(dir, folder), packagesEnv)
	}
	return found[0]
}

func buildPackages() (string, error) {
	if dir := os.Getenv(packagesEnv); dir != "" {
		return filepath.Abs(dir)
	}
	run, err := scratch()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(run, "packages")
	err = buildVersion(dir, currentVersion)
	return dir, errors.Join(err, buildVersion(filepath.Join(dir, "previous"), previousVersion))
}

func buildVersion(out, version string) error {
	cmd := exec.Command("sh", "packaging/build")
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "VERSION="+version, "OUT="+out, "ARCHES=amd64", "FORMATS=deb rpm apk")
	if words, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("packaging/build: %w: %s", err, words)
	}
	return nil
}

// program takes the bare binary out of the package.
func program(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, "dpkg-deb", "--extract", deb(t), dir)
	return filepath.Join(dir, "usr/bin/syncsvc")
}
