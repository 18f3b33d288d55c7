package child

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNothingOutlivesAChildThatIsKilled(t *testing.T) {
	both(t, func(t *testing.T, plain bool) {
		s := open(t, plain)
		p := start(t, s, "parent", nil)
		all := pids(t, bufio.NewScanner(p.Output), "plain", "daemon", "child")
		if err := unix.Kill(p.Pid(), unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		e := p.End()
		if e.Signal != syscall.SIGKILL || e.Code != -1 {
			t.Errorf("exit is %+v", e)
		}
		for role, pid := range all {
			if there(pid) {
				t.Errorf("%s %d is still there", role, pid)
			}
		}
	})
}

func TestErrandEndsWithAllThatItStarted(t *testing.T) {
	s := open(t, true)
	variable, end := s.Errand("alert")
	other, _ := s.Errand("alert")
	if other == variable {
		t.Errorf("two are told apart by %s", variable)
	}
	c := self("parent")
	c.Env = append(c.Env, variable)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	all := pids(t, bufio.NewScanner(out), "plain", "daemon", "child")
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // its error is that it was killed
	end()
	for role, pid := range all {
		if alive(pid) {
			t.Errorf("%s %d lives", role, pid)
		}
	}
}

func TestChildEndsByItself(t *testing.T) {
	s := open(t, true)
	p := start(t, s, "idle", nil)
	p.Signal(syscall.SIGTERM) // before it listens, that ends it all the same
	<-p.Exited()
	p.End()
	if there(p.Pid()) {
		t.Error("it has not been waited for")
	}
}

// startSupervisor starts one as a process of its own.
func startSupervisor(t *testing.T, dir string, plain bool, user string) (kill func(), all map[string]int) {
	t.Helper()
	mode := "groups"
	if plain {
		mode = "plain"
	}
	c := self("supervisor", dir, mode, user, public(t))
	c.Stderr = t.Output()
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = c.Process.Kill()
		_ = c.Wait() // its error is that it was killed
	}
	t.Cleanup(func() {
		kill()
		s, err := Open(context.Background(), Options{StateDir: dir, Plain: plain, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	})
	return kill, pids(t, bufio.NewScanner(out), "plain", "daemon", "child")
}

func TestNothingOutlivesASupervisorThatIsKilled(t *testing.T) {
	both(t, func(t *testing.T, plain bool) {
		dir, other := t.TempDir(), t.TempDir()
		kill, all := startSupervisor(t, dir, plain, "")
		_, others := startSupervisor(t, other, plain, "")
		kill()
		until(t, "the child is dead", func() bool { return !alive(all["child"]) })
		openIn(t, dir, plain)
		for role, pid := range all {
			if alive(pid) {
				t.Errorf("%s %d is still there", role, pid)
			}
		}
		for role, pid := range others {
			if !alive(pid) {
				t.Errorf("%s %d of another supervisor is gone", role, pid)
			}
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*", recordFile)); len(left) > 0 {
			t.Errorf("records are left: %v", left)
		}
	})
}

func TestSecondSupervisorIsRefused(t *testing.T) {
	dir := t.TempDir()
	openIn(t, dir, true)
	_, err := Open(t.Context(), Options{StateDir: dir, Plain: true, Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second one got %v", err)
	}
}

func TestRecordedChildIsEnded(t *testing.T) {
	dir := t.TempDir()
	home := filepath.Join(dir, "www")
	if err := os.Mkdir(home, 0o750); err != nil {
		t.Fatal(err)
	}
	c := self("idle") // without a mark
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	if err := writeRecord(home, c.Process.Pid); err != nil {
		t.Fatal(err)
	}
	openIn(t, dir, true)
	_ = c.Wait()
	if !c.ProcessState.Sys().(syscall.WaitStatus).Signaled() {
		t.Errorf("it ended with %v", c.ProcessState)
	}
}

func TestUserOfAChildCannotHaveAnybodyKilledByARecord(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become somebody else")
	}
	const nobody = 65534
	for name, forge := range map[string]func(file string) error{
		"his own":  func(file string) error { return os.Chown(file, nobody, nobody) },
		"writable": func(file string) error { return os.Chmod(file, 0o666) },
		"elsewhere": func(file string) error {
			return errors.Join(os.Rename(file, file+"x"), os.Symlink(recordFile+"x", file))
		},
	} {
		dir := t.TempDir()
		home := filepath.Join(dir, "www")
		if err := errors.Join(os.Mkdir(home, 0o750), os.Chown(home, nobody, nobody)); err != nil {
			t.Fatal(err)
		}
		c := self("idle")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(writeRecord(home, c.Process.Pid), forge(filepath.Join(home, recordFile))); err != nil {
			t.Fatal(err)
		}
		openIn(t, dir, true)
		if !alive(c.Process.Pid) {
			t.Errorf("%s: somebody was killed", name)
		}
		_ = c.Process.Kill()
		_ = c.Wait()
	}
}

func TestRecordOfAnEarlierProcessMeansNobody(t *testing.T) {
	home := t.TempDir()
	if err := writeRecord(home, os.Getpid()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(home, recordFile)
	id, err := boot()
	if err != nil {
		t.Fatal(err)
	}
	e, err := look(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	later := e
	later.start++
	for name, all := range map[string]map[int]entry{
		"gone":         {},
		"another":      {e.pid: later},
		"we ourselves": {e.pid: e},
	} {
		if pid, err := recorded(file, id, all); pid != 0 || err != nil {
			t.Errorf("%s: %d, %v", name, pid, err)
		}
	}
	if pid, err := recorded(file, "another boot", map[int]entry{e.pid: e}); pid != 0 || err != nil {
		t.Errorf("another boot: %d, %v", pid, err)
	}
}

func TestUsersChildDiesWithItsSupervisorToo(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become somebody else")
	}
	dir := t.TempDir()
	kill, all := startSupervisor(t, dir, true, "nobody")
	kill()
	until(t, "the child is dead", func() bool { return !alive(all["child"]) })
}
