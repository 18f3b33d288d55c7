package packaging_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// "make packages" does this for all of them; here it is the program of one, in
// what is packed most, so that it takes seconds.
func TestPackagesAreTheSameWhenBuiltAgain(t *testing.T) {
	folder(t)
	if out, err := reproduce(t, nil); err != nil {
		t.Fatalf("packaging/reproduce: %v\n%s", err, out)
	}
}

func reproduce(t *testing.T, env []string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "./reproduce")
	cmd.Env = append(append(os.Environ(), "VERSION=1.2.3", "OUT="+t.TempDir(), "ARCHES="+host().goarch, "FORMATS=deb rpm", "SHARE_CACHE=1"), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Whatever is dated by the clock differs tomorrow.
func TestEverythingIsDatedByTheCommit(t *testing.T) {
	every(t, func(t *testing.T, a architecture) {
		stamp := materials(t, a).Metadata.Timestamp
		commit, err := time.Parse(time.RFC3339, stamp)
		if err != nil {
			t.Fatal(err)
		}
		want := commit.UTC().Format("2006-01-02 15:04")
		listings := output(t, "dpkg-deb", "--contents", a.debFile(t)) +
			output(t, "tar", "--list", "--verbose", "--zstd", "--exclude=.*", "--file", file(t, "*-"+a.other+".pkg.tar.zst"))
		for line := range strings.Lines(listings) {
			if !strings.Contains(line, want) {
				t.Errorf("not dated %s: %s", want, line)
			}
		}
		built := output(t, "rpm", "--query", "--package", "--queryformat", "%{BUILDTIME:date}", a.rpmFile(t))
		if want := commit.UTC().Format("Mon Jan _2 15:04:05 2006"); built != want {
			t.Errorf("the rpm was built at %s, the commit is of %s", built, want)
		}
	})
}

// A file is named, and the exit code says so too.
func TestWhatDiffersIsNamed(t *testing.T) {
	folder(t)
	bin := t.TempDir()
	// cp is called once for each copyright; this one leaves the time in it.
	wrong := "#!/bin/sh\nPATH=${PATH#*:}\ncp \"$@\"\nfor last; do :; done\ncase $last in */copyright) date +%s%N >>\"$last\" ;; esac\n"
	if err := os.WriteFile(filepath.Join(bin, "cp"), []byte(wrong), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := reproduce(t, []string{"FORMATS=deb", "PATH=" + bin + ":" + os.Getenv("PATH")})
	if err == nil || !strings.Contains(out, "not the same when built again: syncsvc_1.2.3-1_"+host().deb+".deb") {
		t.Errorf("got %v, want the name of the deb:\n%s", err, out)
	}
}
