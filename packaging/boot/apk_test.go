package boot_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// apk is Alpine's package. No Alpine can be had from Debian's mirrors, so its
// files and scripts are tried on Debian with OpenRC, in the order in which
// apk-tools does it. What that can't show is musl's and busybox's world.
func apk(t *testing.T) string         { return packageFile(t, "", "*_x86_64.apk") }
func previousApk(t *testing.T) string { return packageFile(t, "previous", "*_x86_64.apk") }

// apkAdd is "apk add": the files, then the script.
func (s *sender) apkAdd(file string) string {
	s.t.Helper()
	scripts := s.apkUnpack(file)
	return s.apkScript(scripts, "post-install", apkVersion(file))
}

// apkUpgrade is "apk upgrade". A settings file that was edited stays, and the new
// one is put beside it.
func (s *sender) apkUpgrade(from, to string) string {
	s.t.Helper()
	scripts := s.apkUnpack(to)
	return s.apkScript(scripts, "post-upgrade", apkVersion(to), apkVersion(from))
}

// apkDel is "apk del". Folders that are not empty stay.
func (s *sender) apkDel(file string) {
	s.t.Helper()
	scripts := s.apkContents(file)
	s.apkScript(scripts, "pre-deinstall", apkVersion(file))
	for _, line := range apkFiles(s.t, scripts) {
		_ = os.Remove(s.path(line))
	}
}

// apkContents unpacks a package beside the machine.
func (s *sender) apkContents(file string) string {
	s.t.Helper()
	dir := filepath.Join(s.dir, filepath.Base(file))
	must(s.t, "mkdir", "-p", dir)
	must(s.t, "tar", "-C", dir, "--warning=no-unknown-keyword", "-xzf", file)
	return dir
}

// apkUnpack puts the files of a package onto the machine and returns where its
// scripts are.
func (s *sender) apkUnpack(file string) string {
	s.t.Helper()
	dir := s.apkContents(file)
	for _, name := range apkFiles(s.t, dir) {
		to := s.path(name)
		if strings.HasPrefix(name, "etc/conf.d/") && s.exists(name) {
			to += ".apk-new"
		}
		must(s.t, "mkdir", "-p", filepath.Dir(to))
		must(s.t, "cp", "-a", "--remove-destination", filepath.Join(dir, name), to)
	}
	must(s.t, "install", "-d", "-m", "0750", s.path("/etc/syncsvc"), s.path("/etc/syncsvc/conf.d"))
	return dir
}

// apkFiles are the files of a package that was unpacked, without folders and
// without what is meant for apk itself.
func apkFiles(t *testing.T, dir string) []string {
	t.Helper()
	out := must(t, "find", dir, "-mindepth", "2", "!", "-type", "d", "-printf", "%P\\n")
	return strings.Fields(out)
}

// apkScript runs a script of a package where there is one. They run on the
// machine, where apk puts them for that long.
func (s *sender) apkScript(dir, name string, args ...string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "."+name))
	if err != nil {
		s.t.Fatalf("the package has no script %s: %v", name, err)
	}
	const place = "/lib/apk-exec"
	s.write(place, string(text))
	s.run("chmod", "755", place)
	out := s.run(append([]string{place}, args...)...)
	s.run("rm", place)
	return out
}

// apkVersion is the version in a package's file name, as apk gives it to
// scripts.
func apkVersion(file string) string {
	version, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(file), "syncsvc_"), "_")
	return version
}
