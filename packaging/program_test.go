package packaging_test

import (
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProgramNeedsNoLibrariesAndFitsTheProcessor(t *testing.T) {
	machines := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}
	every(t, func(t *testing.T, a architecture) {
		f, err := elf.Open(filepath.Join(unpacked(t, a), "usr/bin/syncsvc"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if f.Machine != machines[a.goarch] {
			t.Errorf("the program is for %s", f.Machine)
		}
		for _, p := range f.Progs {
			if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
				t.Errorf("the program has %s: it is not static", p.Type)
			}
		}
	})
}

// All formats and the program itself tell one version, each in its own way.
func TestVersionIsToldEverywhere(t *testing.T) {
	every(t, func(t *testing.T, a architecture) {
		deb := strings.TrimSpace(output(t, "dpkg-deb", "--field", a.debFile(t), "Version"))
		version, revision, _ := strings.Cut(deb, "-")
		if revision != "1" {
			t.Errorf("the deb has version %s, want one that ends in -1", deb)
		}
		if got := output(t, "rpm", "--query", "--package", "--queryformat", "%{VERSION}-%{RELEASE} %{BUILDHOST}", a.rpmFile(t)); got != deb+" reproducible" {
			t.Errorf("the rpm has version and build host %s, the deb %s", got, deb)
		}
		if got := materials(t, a).Metadata.Component.Version; got != version {
			t.Errorf("the bill of materials is for %s, the deb is %s", got, version)
		}
		if a != host() {
			return
		}
		if got := output(t, filepath.Join(unpacked(t, a), "usr/bin/syncsvc"), "version"); !strings.HasPrefix(got, "syncsvc "+version+" ") {
			t.Errorf("syncsvc version prints %q, the deb is %s", got, version)
		}
	})
}

// inventory is the part of CycloneDX that is looked at here.
type inventory struct {
	SerialNumber string
	Metadata     struct {
		Timestamp string
		Component struct {
			Version string
			Hashes  []struct{ Alg, Content string }
		}
	}
	Components []struct {
		Name, Version string
		Licenses      []json.RawMessage
	}
}

func materials(t *testing.T, a architecture) inventory {
	t.Helper()
	var found inventory
	if err := json.Unmarshal([]byte(text(t, file(t, "*_linux_"+a.goarch+".cdx.json"))), &found); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestBillOfMaterialsIsThatOfTheProgram(t *testing.T) {
	every(t, func(t *testing.T, a architecture) {
		program := filepath.Join(unpacked(t, a), "usr/bin/syncsvc")
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"std " + strings.TrimPrefix(info.GoVersion, "go")}
		for _, dep := range info.Deps {
			want = append(want, dep.Path+" "+dep.Version)
		}
		bill := materials(t, a)
		var got []string
		for _, c := range bill.Components {
			got = append(got, c.Name+" "+c.Version)
			if len(c.Licenses) == 0 {
				t.Errorf("%s has no licence", c.Name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("components (-in the program +in the bill):\n%s", diff)
		}
		sum := sha256.Sum256([]byte(text(t, program)))
		if hashes := bill.Metadata.Component.Hashes; len(hashes) != 1 || hashes[0].Content != hex.EncodeToString(sum[:]) {
			t.Errorf("the bill is for a program with %v, this one has %x", hashes, sum)
		}
		if text(t, file(t, "*_linux_"+a.goarch+".cdx.json")) != text(t, filepath.Join(unpacked(t, a), "usr/share/doc/syncsvc/sbom.cdx.json")) {
			t.Error("the bill in the package is another one than that beside it")
		}
	})
}

// Debian's copyright file is the one that is there even where documentation is
// left out; the others have a file of their own.
func TestLicencesOfLibrariesGoWithTheProgram(t *testing.T) {
	every(t, func(t *testing.T, a architecture) {
		docs := filepath.Join(unpacked(t, a), "usr/share/doc/syncsvc")
		copyright := text(t, filepath.Join(docs, "copyright"))
		notices := output(t, "gzip", "--decompress", "--stdout", filepath.Join(docs, "third-party-notices.gz"))
		for _, c := range materials(t, a).Components {
			if !strings.Contains(copyright, "\nFiles: vendor/"+c.Name+"/*\n") {
				t.Errorf("copyright does not have %s", c.Name)
			}
			if !strings.Contains(notices, "\n"+c.Name+" "+c.Version+": ") {
				t.Errorf("third-party-notices does not have %s", c.Name)
			}
		}
	})
}

func TestChecksumsAreOfAllFiles(t *testing.T) {
	dir := folder(t)
	output(t, "sh", "-c", `cd "$1" && sha256sum --check --strict --quiet SHA256SUMS`, "sh", dir)
	var listed []string
	for line := range strings.Lines(text(t, filepath.Join(dir, "SHA256SUMS"))) {
		listed = append(listed, strings.Fields(line)[1])
	}
	built, _ := filepath.Glob(filepath.Join(dir, "syncsvc[-_]*"))
	for _, f := range built {
		if !slices.Contains(listed, filepath.Base(f)) {
			t.Errorf("SHA256SUMS does not have %s", filepath.Base(f))
		}
	}
	if want := 5 * len(architectures); len(listed) != want {
		t.Errorf("SHA256SUMS has %d files, want %d: four packages and a bill of materials for each processor", len(listed), want)
	}
}
