package packaging_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata anew")

// The lists are the promise of what is put on a machine, with whose and which
// mode. In the rpm's, c is configuration, n kept when edited, d documentation, l
// the licence.
func TestContentsAreAsListed(t *testing.T) {
	every(t, func(t *testing.T, a architecture) {
		for format, list := range listings(t, a) {
			golden := filepath.Join("testdata", format+".list")
			if *update {
				if err := os.WriteFile(golden, []byte(list), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(strings.Split(text(t, golden), "\n"), strings.Split(list, "\n")); diff != "" {
				t.Errorf("%s differs from %s (-want +got); if it is meant: %s=... go test ./packaging -run Contents -update\n%s", format, golden, packagesEnv, diff)
			}
		}
	})
}

// listings returns lines of mode, owner and path, in order, for each format.
func listings(t *testing.T, a architecture) map[string]string {
	t.Helper()
	const rpmLine = `[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES} %{FILEFLAGS:fflags}\n]`
	apk := file(t, "*_"+a.other+".apk")
	arch := file(t, "*-"+a.other+".pkg.tar.zst")
	return map[string]string{
		"deb":       fromTar(output(t, "dpkg-deb", "--contents", a.debFile(t))),
		"apk":       fromTar(output(t, "tar", "--list", "--verbose", "--gzip", "--ignore-zeros", "--file", apk)),
		"archlinux": fromTar(output(t, "tar", "--list", "--verbose", "--zstd", "--file", arch)),
		"rpm":       inOrder(strings.Split(output(t, "rpm", "--query", "--package", "--queryformat", rpmLine, a.rpmFile(t)), "\n")),
	}
}

// fromTar takes size and time out of a listing; times are TestEverythingIsDatedByTheCommit's.
func fromTar(listing string) string {
	var lines []string
	for line := range strings.Lines(listing) {
		f := strings.Fields(line)
		path := "/" + strings.Trim(strings.TrimPrefix(f[5], "."), "/")
		if strings.HasPrefix(f[5], ".") && !strings.HasPrefix(f[5], "./") {
			path = f[5] // .PKGINFO and other words to the package manager
		}
		owner := strings.Replace(f[1], "0/0", "root/root", 1)
		lines = append(lines, strings.Join([]string{f[0], owner, path}, " "))
	}
	return inOrder(lines)
}

func inOrder(lines []string) string {
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "" })
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	byPath := func(a, b string) int { return strings.Compare(strings.Fields(a)[2], strings.Fields(b)[2]) }
	slices.SortFunc(lines, byPath)
	return strings.Join(lines, "\n") + "\n"
}

// A golden list can be renewed without a look at it; these are not negotiable.
func TestNothingIsWritableByAnybodyOrOutsideItsPlace(t *testing.T) {
	places := []string{"/etc/", "/usr/bin/syncsvc", "/usr/lib/", "/usr/share/"}
	every(t, func(t *testing.T, a architecture) {
		for format, list := range listings(t, a) {
			for line := range strings.Lines(list) {
				f := strings.Fields(line)
				mode, owner, path := f[0], f[1], f[2]
				if mode[5] == 'w' || mode[8] == 'w' || strings.ContainsAny(mode, "sStT") {
					t.Errorf("%s: %s has mode %s", format, path, mode)
				}
				if mode[0] != '-' && mode[0] != 'd' {
					t.Errorf("%s: %s is no file: links of a checkout lead nowhere", format, path)
				}
				if owner != "root/root" {
					t.Errorf("%s: %s belongs to %s, want root", format, path, owner)
				}
				expected := strings.HasPrefix(path, ".") || slices.ContainsFunc(places, func(p string) bool {
					return strings.HasPrefix(path, p) || strings.HasPrefix(p, strings.TrimSuffix(path, "/")+"/")
				})
				if !expected {
					t.Errorf("%s: nothing of ours belongs into %s", format, path)
				}
			}
		}
	})
}

// What the program writes must be nobody's conffile: dpkg would ask, and an
// unattended upgrade would stop there.
func TestOnlyWhatPeopleEditIsConfiguration(t *testing.T) {
	every(t, func(t *testing.T, a architecture) {
		deb := strings.Fields(output(t, "dpkg-deb", "--info", a.debFile(t), "conffiles"))
		slices.Sort(deb)
		if diff := cmp.Diff([]string{"/etc/init.d/syncsvc", "/etc/logrotate.d/syncsvc"}, deb); diff != "" {
			t.Errorf("conffiles of the deb (-want +got):\n%s", diff)
		}
		rpm := strings.Fields(output(t, "rpm", "--query", "--package", "--configfiles", a.rpmFile(t)))
		slices.Sort(rpm)
		if diff := cmp.Diff([]string{"/etc/logrotate.d/syncsvc", "/etc/sysconfig/syncsvc"}, rpm); diff != "" {
			t.Errorf("configuration of the rpm (-want +got):\n%s", diff)
		}
	})
}
