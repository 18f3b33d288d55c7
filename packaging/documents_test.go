package packaging_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The unit of the package, the one in the repository and the one that the program
// prints are one.
func TestPackagedServiceIsWhatTheProgramPrints(t *testing.T) {
	root := unpackedHere(t)
	program := filepath.Join(root, "usr/bin/syncsvc")
	for init, place := range map[string]string{"systemd": "usr/lib/systemd/system/syncsvc.service", "sysv": "etc/init.d/syncsvc"} {
		printed := output(t, program, "service", "print", "--init", init, "--program", "/usr/bin/syncsvc")
		if got := text(t, filepath.Join(root, place)); got != printed {
			t.Errorf("%s in the package is not what service print --init %s prints", place, init)
		}
	}
	apk := t.TempDir()
	output(t, "tar", "--extract", "--gzip", "--ignore-zeros", "--directory", apk, "--file", file(t, "*_"+host().other+".apk"), "etc/init.d/syncsvc")
	printed := output(t, program, "service", "print", "--init", "openrc", "--program", "/usr/bin/syncsvc")
	if got := text(t, filepath.Join(apk, "etc/init.d/syncsvc")); got != printed {
		t.Error("the OpenRC script in the apk is not what service print --init openrc prints")
	}
}

func TestCompletionsAreTakenByTheirShells(t *testing.T) {
	share := filepath.Join(unpackedHere(t), "usr/share")
	bash := `source "$1"; complete -p syncsvc`
	if out := output(t, "bash", "-c", bash, "bash", filepath.Join(share, "bash-completion/completions/syncsvc")); !strings.Contains(out, "syncsvc") {
		t.Errorf("bash completes with %q", out)
	}
	zsh := `fpath=("$1" $fpath); autoload -U compinit && compinit -u -d "$1/.dump" && print ${_comps[syncsvc]}`
	if out := output(t, "zsh", "-f", "-c", zsh, "zsh", filepath.Join(share, "zsh/vendor-completions")); strings.TrimSpace(out) != "_syncsvc" {
		t.Errorf("zsh completes with %q", out)
	}
	t.Setenv("PATH", filepath.Join(share, "../bin")+":"+os.Getenv("PATH"))
	fish := `source $argv[1]; complete -C "syncsvc stat"`
	if out := output(t, "fish", "--no-config", "-c", fish, filepath.Join(share, "fish/vendor_completions.d/syncsvc.fish")); !strings.HasPrefix(out, "status\t") {
		t.Errorf("fish completes with %q", out)
	}
}

func TestManualPagesAreClean(t *testing.T) {
	root := unpackedHere(t)
	pages, _ := filepath.Glob(filepath.Join(root, "usr/share/man/man[58]/*.gz"))
	if len(pages) != 3 {
		t.Errorf("manual pages: %v, want three", pages)
	}
	for _, page := range pages {
		if out, words, err := try(t, "mandoc", "-T", "lint", "-W", "error", page); err != nil {
			t.Errorf("%s: %v\n%s%s", page, err, out, words)
		}
	}
}

// Somebody will copy an example as it is.
func TestExamplesAreTaken(t *testing.T) {
	root := unpackedHere(t)
	program := filepath.Join(root, "usr/bin/syncsvc")
	examples := filepath.Join(root, "usr/share/doc/syncsvc/examples")
	for name, command := range map[string][]string{"module.yaml": {}, "syncsvc.yaml": {"--service"}, "rsyncd.conf": {"--rsyncd"}} {
		if text(t, filepath.Join(examples, name)) != output(t, append([]string{program, "config", "example"}, command...)...) {
			t.Errorf("%s is not what syncsvc config example %v prints", name, command)
		}
	}
	imported := output(t, program, "import", "--dry-run", filepath.Join(examples, "sersync.xml"))
	for _, want := range []string{"watch: /srv/www", "rsync://mirror@192.0.2.10/www", "rsync://mirror@192.0.2.11/www"} {
		if !strings.Contains(imported, want) {
			t.Errorf("sersync.xml becomes a module without %q", want)
		}
	}
}

func TestChangelogBeginsWithThisVersion(t *testing.T) {
	root := unpackedHere(t)
	changelog := output(t, "gzip", "--decompress", "--stdout", filepath.Join(root, "usr/share/doc/syncsvc/changelog.Debian.gz"))
	version := strings.TrimSpace(output(t, "dpkg-deb", "--field", host().debFile(t), "Version"))
	if !strings.HasPrefix(changelog, "syncsvc ("+version+") ") {
		t.Errorf("the changelog begins %.60q, want version %s", changelog, version)
	}
}

func unpackedHere(t *testing.T) string {
	folder(t)
	return unpacked(t, host())
}
