package templates

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func render(t *testing.T, name string, data any) string {
	t.Helper()
	text, err := Render(name, data)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestNamesCanAllBeRendered(t *testing.T) {
	data := map[string]any{"rsyncd.conf": Rsyncd{}, "new-module.yaml": NewModule{Name: "www", Watch: "/srv/www", Targets: []string{"/backup"}}, "init": Init{Name: "syncsvc", Program: "/usr/bin/syncsvc"}}
	for _, name := range Names() {
		kind, _, _ := strings.Cut(name, "/")
		text := render(t, name, data[kind])
		if text == "" || !strings.HasSuffix(text, "\n") || strings.Contains(text, "{{") {
			t.Errorf("%s is not a whole text: %q", name, text)
		}
		if strings.Contains(text, "\t") || strings.Contains(text, " \n") {
			t.Errorf("%s has tabs, or spaces at the end of a line", name)
		}
	}
}

func TestLinesFitATerminal(t *testing.T) {
	for _, name := range []string{"module.yaml", "syncsvc.yaml"} {
		for line := range strings.Lines(render(t, name, nil)) {
			if len(line) > 81 {
				t.Errorf("%s: %q is too long", name, line)
			}
		}
	}
}

func TestUnknownNameIsAnError(t *testing.T) {
	if _, err := Render("nonsense", nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestGapWithoutAValueIsAnError(t *testing.T) {
	if text, err := Render("rsyncd.conf", map[string]any{}); err == nil {
		t.Errorf("got %s", text)
	}
}

func TestOneSectionForEachModule(t *testing.T) {
	text := render(t, "rsyncd.conf", Rsyncd{Modules: []RsyncdModule{
		{Name: "www", Path: "/srv/www", User: "rsync_backup"},
		{Name: "bbs", Path: "/srv/bbs"},
	}})
	_, got, _ := strings.Cut(text, "rsyncd.pid\n")
	want := `
[www]
    path = /srv/www
    # One line a user in this file, "name:password", and mode 600.
    auth users = rsync_backup
    secrets file = /etc/rsyncd.secrets

[bbs]
    path = /srv/bbs
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestRealDaemonAcceptsIt sends a file and a symbolic link to an rsync daemon
// that runs with the rendered configuration.
func TestRealDaemonAcceptsIt(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the daemon is to run as root")
	}
	dir := t.TempDir()
	source, target := filepath.Join(dir, "source"), filepath.Join(dir, "target")
	for _, err := range []error{
		os.Mkdir(source, 0o700), os.Mkdir(target, 0o700),
		os.WriteFile(filepath.Join(source, "file"), []byte("text"), 0o600),
		os.Symlink("../elsewhere", filepath.Join(source, "link")),
		os.WriteFile(filepath.Join(dir, "rsyncd.conf"), []byte(render(t, "rsyncd.conf", Rsyncd{Modules: []RsyncdModule{{Name: "www", Path: target}}})), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "rsync", "-a", source+"/", "rsync://daemon/www/")
	// rsync talks to this program instead of connecting.
	cmd.Env = append(os.Environ(), "LC_ALL=C", "RSYNC_CONNECT_PROG=rsync --daemon --config="+filepath.Join(dir, "rsyncd.conf"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(target, "file"))
	if err != nil || string(text) != "text" {
		t.Errorf("the file arrived as %q (%v)", text, err)
	}
	if link, err := os.Readlink(filepath.Join(target, "link")); err != nil || link != "../elsewhere" {
		t.Errorf("the link arrived as %q (%v)", link, err)
	}
}
