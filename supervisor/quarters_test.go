package supervisor

import (
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/child"
)

// folders are a module's folders as they are after some life as root.
func folders(t *testing.T) quarters {
	t.Helper()
	dir := t.TempDir()
	q := quarters{module: "www", home: filepath.Join(dir, "state", "www"), runDir: filepath.Join(dir, "run"), logDir: filepath.Join(dir, "log")}
	for _, d := range []string{q.home, q.runDir, q.logDir} {
		if err := os.MkdirAll(d, 0o750); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{filepath.Join(q.home, "lock"), filepath.Join(q.logDir, "www.fail.log")} {
		if err := os.WriteFile(f, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return q
}

func nobody(t *testing.T) *child.User {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can become somebody else")
	}
	return &child.User{Name: "nobody", Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
}

func TestUserGetsFoldersAndGivesThemBack(t *testing.T) {
	q, u := folders(t), nobody(t)
	flags, err := q.settle(u)
	if err != nil {
		t.Fatal(err)
	}
	run, log := filepath.Join(q.runDir, "www.d"), filepath.Join(q.logDir, "www.d")
	if d := cmp.Diff([]string{"--run-dir", run, "--log-dir", log}, flags); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	for _, path := range []string{q.home, filepath.Join(q.home, "lock"), run, log, filepath.Join(log, "www.fail.log")} {
		if uid := owner(os.Lstat(path)); uid != 65534 {
			t.Errorf("%s belongs to %d", path, uid)
		}
	}
	for _, path := range []string{q.runDir, q.logDir} {
		if uid := owner(os.Lstat(path)); uid != 0 {
			t.Errorf("%s belongs to %d", path, uid)
		}
	}
	if text, err := os.ReadFile(filepath.Join(q.logDir, "www.fail.log")); string(text) != "x" || err != nil {
		t.Errorf("the fail log is %q, %v", text, err)
	}
	if to, err := os.Readlink(filepath.Join(q.runDir, "www.sock")); to != "www.d/www.sock" {
		t.Errorf("the socket is looked for at %q, %v", to, err)
	}
	if _, err := q.settle(u); err != nil {
		t.Errorf("a second time: %v", err)
	}

	flags, err = q.settle(nil)
	if len(flags) > 0 || err != nil {
		t.Fatalf("back to root: %v, %v", flags, err)
	}
	if uid := owner(os.Lstat(filepath.Join(q.home, "lock"))); uid != 0 {
		t.Errorf("the lock belongs to %d", uid)
	}
	if _, err := os.Lstat(filepath.Join(q.runDir, "www.sock")); err == nil {
		t.Error("the link is in the way of a socket")
	}
}

func TestWhatHasASecondNameIsNotHandedOver(t *testing.T) {
	q, u := folders(t), nobody(t)
	precious := filepath.Join(q.logDir, "precious")
	if err := os.WriteFile(precious, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(precious, filepath.Join(q.home, "hard")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(precious, filepath.Join(q.home, "soft")); err != nil {
		t.Fatal(err)
	}
	if _, err := q.settle(u); err != nil {
		t.Fatal(err)
	}
	if uid := owner(os.Lstat(precious)); uid != 0 {
		t.Errorf("it belongs to %d now", uid)
	}
}

func TestUserOfAModuleCannotHoldUpTheService(t *testing.T) {
	q, u := folders(t), nobody(t)
	if _, err := q.settle(u); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{disabledFile, deathsFile} {
		if err := syscall.Mkfifo(filepath.Join(q.home, file), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	m := &member{name: "www", home: q.home}
	if err := m.recall(); err == nil || m.disabled != "" {
		t.Errorf("a pipe tells that it is %q", m.disabled)
	}
	k := newKeeper(keeperOptions{Name: "www", Home: q.home, Log: slog.New(slog.DiscardHandler)})
	k.remember()
	if n := len(k.status().Deaths); n > 0 {
		t.Errorf("a pipe tells of %d deaths", n)
	}
}

func TestUserOfAModuleCannotEnableIt(t *testing.T) {
	q, u := folders(t), nobody(t)
	m := &member{name: "www", home: q.home}
	if err := m.setDisabled("somebody"); err != nil {
		t.Fatal(err)
	}
	if _, err := q.settle(u); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(q.home); err != nil { // more than he could do
		t.Fatal(err)
	}
	again := &member{name: "www", home: q.home}
	if err := again.recall(); again.disabled != "somebody" || err != nil {
		t.Errorf("disabled by %q, %v", again.disabled, err)
	}
}

func TestMarkOfAnOlderServiceIsTakenOver(t *testing.T) {
	q := folders(t)
	old := filepath.Join(q.home, disabledFile)
	if err := os.WriteFile(old, []byte("somebody"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		m := &member{name: "www", home: q.home}
		if err := m.recall(); m.disabled != "somebody" || err != nil {
			t.Errorf("disabled by %q, %v", m.disabled, err)
		}
	}
	if _, err := os.Lstat(old); !os.IsNotExist(err) {
		t.Errorf("the old mark is still there: %v", err)
	}
	m := &member{name: "www", home: q.home}
	if err := m.setDisabled(""); err != nil {
		t.Fatal(err)
	}
	if err := m.recall(); m.disabled != "" || err != nil {
		t.Errorf("enabled, it is disabled by %q, %v", m.disabled, err)
	}
}

func TestEmptyMarkOfAnOlderServiceIsTakenOver(t *testing.T) {
	q := folders(t)
	if err := os.WriteFile(filepath.Join(q.home, disabledFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		m := &member{name: "www", home: q.home}
		if err := m.recall(); m.disabled == "" || err != nil {
			t.Errorf("disabled by %q, %v", m.disabled, err)
		}
	}
}

func TestUserOfAModuleCannotKeepItDisabled(t *testing.T) {
	q := folders(t)
	m := &member{name: "www", home: q.home}
	if err := m.setDisabled("somebody"); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(q.home, disabledFile, "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := m.setDisabled(""); m.disabled != "" || err != nil {
		t.Errorf("disabled by %q, %v", m.disabled, err)
	}
}

func TestKeepersFilesStayWithTheKeeper(t *testing.T) {
	q, u := folders(t), nobody(t)
	m := &member{name: "www", home: q.home}
	if err := m.setDisabled("somebody"); err != nil {
		t.Fatal(err)
	}
	if _, err := q.settle(u); err != nil {
		t.Fatal(err)
	}
	again := &member{name: "www", home: q.home}
	if err := again.recall(); again.disabled != "somebody" || err != nil {
		t.Errorf("disabled by %q, %v", again.disabled, err)
	}
}
