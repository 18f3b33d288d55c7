package rsyncd

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, o Options) *Daemon {
	t.Helper()
	o.Dir = t.TempDir()
	d, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Kill)
	return d
}

func list(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, err := exec.Command("rsync", args...).CombinedOutput()
	return string(out), err
}

func TestServesAModule(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "here"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	d := start(t, Options{Modules: []Module{{Name: "m", Path: dir}}})
	out, err := list(t, d.URL("m")+"/")
	if err != nil || !strings.Contains(out, "here") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestAsksForPasswords(t *testing.T) {
	d := start(t, Options{Modules: []Module{{Name: "m", Path: t.TempDir(), AuthUsers: map[string]string{"bob": "word"}}}})
	file := filepath.Join(t.TempDir(), "word")
	for word, works := range map[string]bool{"word": true, "other": false} {
		if err := os.WriteFile(file, []byte(word), 0o600); err != nil {
			t.Fatal(err)
		}
		url := strings.Replace(d.URL("m"), "//", "//bob@", 1)
		if out, err := list(t, "--password-file="+file, url+"/"); (err == nil) != works {
			t.Errorf("password %s: %v: %s", word, err, out)
		}
	}
}

func TestExtraLinesWin(t *testing.T) {
	d := start(t, Options{Modules: []Module{{Name: "m", Path: t.TempDir(), Extra: []string{"list = no", "hosts deny = *"}}}})
	if out, err := list(t, d.URL("m")+"/"); err == nil {
		t.Errorf("denied host was served: %s", out)
	}
}

func TestRestartKeepsThePort(t *testing.T) {
	d := start(t, Options{Modules: []Module{{Name: "m", Path: t.TempDir()}}})
	port, pid := d.Port, d.Pid()
	for _, end := range []func(){d.Stop, d.Kill, func() {}} {
		end()
		if err := d.Restart(); err != nil {
			t.Fatal(err)
		}
		if d.Port != port || d.Pid() == pid || d.Pid() == 0 {
			t.Errorf("port %d, pid %d after port %d, pid %d", d.Port, d.Pid(), port, pid)
		}
		pid = d.Pid()
	}
}

func TestStoppedDaemonIsGone(t *testing.T) {
	d := start(t, Options{Modules: []Module{{Name: "m", Path: t.TempDir()}}})
	pid := d.Pid()
	d.Pause()
	d.Stop() // even a frozen one
	if groupLives(pid) {
		t.Error("its process group is still there")
	}
	if conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(d.URL(""), "rsync://"), "/")); err == nil {
		conn.Close()
		t.Error("somebody still listens")
	}
	d.Stop()
	d.Resume()
	if d.Pid() != 0 {
		t.Error("it still has a pid")
	}
}

func TestTakenPortIsAnError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d, err := Start(Options{Dir: t.TempDir(), Port: l.Addr().(*net.TCPAddr).Port})
	if err == nil {
		d.Kill()
		t.Error("started on a port that is taken")
	}
}

func TestKeepsSymbolicLinksAsTheyAre(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root for chroot")
	}
	src, dst := t.TempDir(), t.TempDir()
	d := start(t, Options{Modules: []Module{{Name: "m", Path: dst}}})
	for name, to := range map[string]string{"abs": "/etc/passwd", "out": "../../x", "rel": "abs"} {
		if err := os.Symlink(to, filepath.Join(src, name)); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := list(t, "-a", src+"/", d.URL("m")+"/"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name, want := range map[string]string{"abs": "/etc/passwd", "out": "../../x", "rel": "abs"} {
		if got, _ := os.Readlink(filepath.Join(dst, name)); got != want {
			t.Errorf("%s points to %q, want %q", name, got, want)
		}
	}
}
