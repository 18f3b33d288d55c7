package packaging_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is overridden is in deb/lintian-overrides, with the reason.
func TestLintianIsContent(t *testing.T) {
	every(t, func(t *testing.T, a architecture) {
		if out, words, err := try(t, "lintian", "--allow-root", a.debFile(t)); err != nil || out+words != "" {
			t.Errorf("lintian: %v\n%s%s", err, out, words)
		}
		unused := output(t, "lintian", "--allow-root", "--tags", "unused-override,mismatched-override", a.debFile(t))
		if unused != "" {
			t.Errorf("overrides of what is no more:\n%s", unused)
		}
	})
}

// What is filtered is in rpm/rpmlint.toml, with the reason.
func TestRpmlintIsContent(t *testing.T) {
	every(t, func(t *testing.T, a architecture) {
		out, words, err := try(t, "rpmlint", "--config", "rpm/rpmlint.toml", a.rpmFile(t))
		if err != nil || !strings.Contains(out, "; 0 errors, 0 warnings,") {
			t.Errorf("rpmlint: %v\n%s%s", err, out, words)
		}
	})
}

// An operator who looks into it by rpm2cpio and cpio, as rpmlint does, must not
// find it all over the host.
func TestRpmUnpacksIntoTheFolderAtHand(t *testing.T) {
	every(t, func(t *testing.T, a architecture) {
		names := output(t, "sh", "-c", `rpm2cpio "$1" | cpio --list --quiet`, "sh", a.rpmFile(t))
		for name := range strings.Lines(names) {
			if strings.HasPrefix(name, "/") {
				t.Errorf("cpio writes to %s", name)
			}
		}
		if got := output(t, "rpm", "--checksig", a.rpmFile(t)); !strings.HasSuffix(got, ": digests OK\n") {
			t.Errorf("rpm --checksig: %s", got)
		}
	})
}

// testpkg is of pacman, and reads a package as it does.
func TestPacmanTakesThePackage(t *testing.T) {
	every(t, func(t *testing.T, a architecture) {
		if out, words, err := try(t, "testpkg", file(t, "*-"+a.other+".pkg.tar.zst")); err != nil {
			t.Errorf("testpkg: %v\n%s%s", err, out, words)
		}
	})
}

func TestShellcheckIsContent(t *testing.T) {
	folder(t) // shellcheck comes with ./setup boot
	for _, script := range shellScripts(t) {
		// SC1091: /etc/default and /lib/lsb are not here. rpm's have no first line.
		if out, words, err := try(t, "shellcheck", "--exclude=SC1091", "--shell=sh", script); err != nil {
			t.Errorf("%s: %v\n%s%s", script, err, out, words)
		}
	}
}

func TestRpmsScriptletsNeedNoOtherShell(t *testing.T) {
	every(t, func(t *testing.T, a architecture) {
		scripts := output(t, "rpm", "--query", "--package", "--scripts", a.rpmFile(t))
		for line := range strings.Lines(scripts) {
			if strings.Contains(line, "scriptlet (using") && !strings.Contains(line, "(using /bin/sh)") {
				t.Errorf("%s", line)
			}
		}
	})
}

// shellScripts returns all that are beside this file, but for scripts in other
// languages.
func shellScripts(t *testing.T) []string {
	t.Helper()
	found := []string{"build", "reproduce", "version", "../setup", "../.ci/run", "init/syncsvc.init"}
	for _, dir := range []string{"deb", "rpm", "apk", "arch", "lib"} {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if filepath.Ext(f.Name()) == "" && f.Name() != "copyright" && f.Name() != "lintian-overrides" {
				found = append(found, filepath.Join(dir, f.Name()))
			}
		}
	}
	return found
}
