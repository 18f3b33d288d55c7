package service

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// packaged is the service as packages install it.
func packaged(init Kind) Options {
	return Options{
		Name: "syncsvc", Program: "/usr/bin/syncsvc", Init: init, Tell: func(string) {},
		RunDir: "/run/syncsvc", StateDir: "/var/lib/syncsvc", LogDir: "/var/log/syncsvc",
	}
}

func newService(t *testing.T, o Options) *Service {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func textOf(t *testing.T, o Options) string {
	t.Helper()
	text, err := newService(t, o).Text()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPackagesShipTheSameTexts compares what packages ship with what install
// writes.
func TestPackagesShipTheSameTexts(t *testing.T) {
	rotation, err := newService(t, packaged(Sysv)).Rotation()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"syncsvc.service":   textOf(t, packaged(Systemd)),
		"syncsvc.openrc":    textOf(t, packaged(OpenRC)),
		"syncsvc.init":      textOf(t, packaged(Sysv)),
		"syncsvc.upstart":   textOf(t, packaged(Upstart)),
		"syncsvc.logrotate": string(rotation),
	} {
		file := filepath.Join("../packaging/init", name)
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s is not what \"syncsvc service print\" prints; make man\n%s", file, diff)
		}
		if strings.Contains(want, "{{") || strings.Contains(want, "<no value>") {
			t.Errorf("%s is not filled in", name)
		}
	}
}

// TestSystemdAcceptsTheUnit has systemd itself read it, with paths that need
// quotes.
func TestSystemdAcceptsTheUnit(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skipf("no systemd here to judge its unit: %v", err)
	}
	dir := t.TempDir()
	odd := filepath.Join(dir, "a b $c 100%")
	if err := os.Symlink("/bin/true", odd); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]Options{"plain": packaged(Systemd), "odd": packaged(Systemd)} {
		o.Program = "/bin/true"
		if name == "odd" {
			o.Program, o.RunDir = odd, "/srv/run"
			o.Flags = []string{"--conf-dir", odd + `"'\`}
		}
		unit := filepath.Join(dir, name+".service")
		if err := os.WriteFile(unit, []byte(textOf(t, o)), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestShellReadsTheWordsBack has a real shell take scripts apart.
func TestShellReadsTheWordsBack(t *testing.T) {
	words := []string{"plain", "two words", `it's "so" $HOME`, `back\slash`, "*", "naïve"}
	for _, word := range words {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+shellWord(word)).Output()
		if err != nil || string(out) != word {
			t.Errorf("%q became %q (%v)", word, out, err)
		}
	}
	for _, init := range []Kind{OpenRC, Sysv, Upstart} {
		o := packaged(init)
		o.Program, o.LogDir = "/opt/it's here/syncsvc", "/srv/log s"
		for _, w := range words {
			o.Flags = append(o.Flags, "--conf-dir", "/"+w)
		}
		text := textOf(t, o)
		if init == Upstart { // not a script as a whole
			_, text, _ = strings.Cut(text, "\nscript\n")
			text, _, _ = strings.Cut(text, "end script")
		}
		file := filepath.Join(t.TempDir(), string(init))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), "sh", "-n", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", init, err, out)
		}
	}
}

// TestOpenRCPassesFlagsOnWhole does with the variables of the script what
// supervise-daemon.sh does with them.
func TestOpenRCPassesFlagsOnWhole(t *testing.T) {
	o := packaged(OpenRC)
	o.Flags = []string{"--conf-dir", `/it's "so" $HOME`}
	var script strings.Builder
	for line := range strings.Lines(textOf(t, o)) {
		if strings.HasPrefix(line, "flags=") || strings.HasPrefix(line, "command_args=") {
			script.WriteString(line)
		}
	}
	script.WriteString(`eval set -- $command_args; printf '%s\n' "$@"`)
	out, err := exec.CommandContext(t.Context(), "sh", "-c", script.String()).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := append([]string{"run"}, o.Flags...)
	if got := strings.Split(strings.TrimSpace(string(out)), "\n"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatNoInitSystemTakesIsRefused(t *testing.T) {
	for _, flag := range []string{"/a\nExecStartPre=/bin/evil", "/{{x}}"} {
		for _, init := range Kinds() {
			o := packaged(init)
			o.Flags = []string{"--conf-dir", flag}
			text, err := newService(t, o).Text()
			if _, ok := errors.AsType[Hinted](err); !ok {
				t.Errorf("%s: %q was taken: %v\n%s", init, flag, err, text)
			}
		}
	}
	for _, change := range []func(*Options){
		func(o *Options) { o.Name = "a b" },
		func(o *Options) { o.Name = "../x" },
		func(o *Options) { o.Name = "" },
		func(o *Options) { o.Program = "syncsvc" },
		func(o *Options) { o.Program = `/opt/"syncsvc"` },
		func(o *Options) { o.Init = "runit" },
	} {
		o := packaged(Systemd)
		change(&o)
		s, err := New(o)
		if err == nil {
			_, err = s.Text()
		}
		if err == nil {
			t.Errorf("taken: %+v", o)
		}
	}
}
