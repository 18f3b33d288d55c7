package child

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// as makes the test binary behave as one of the roles.
const as = "CHILD_TEST_AS"

const patience = time.Minute

func TestMain(m *testing.M) {
	if role := os.Getenv(as); role != "" {
		os.Exit(roles()[role]())
	}
	goleak.VerifyTestMain(m)
}

func roles() map[string]func() int {
	return map[string]func() int{
		"idle": idle, "parent": parent, "forsake": forsake, "supervisor": supervisor, "facts": facts, "greedy": greedy,
		"cramped": cramped,
	}
}

// say tells the test a process that matters to it.
func say(role string, pid int) { fmt.Println(role, pid) }

func idle() int {
	terminated := make(chan os.Signal, 1) // 1: the signal may come before anybody listens
	signal.Notify(terminated, syscall.SIGTERM)
	<-terminated
	return 0
}

// parent has a child in its process group, and one that has left the group, the
// session and its parent.
func parent() int {
	plain := self("idle")
	if plain.Start() != nil {
		return 1
	}
	say("plain", plain.Process.Pid)
	daemon := self("forsake")
	daemon.Stdout = os.Stdout
	daemon.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if daemon.Run() != nil {
		return 1
	}
	say("child", os.Getpid())
	return idle()
}

// forsake starts somebody and ends.
func forsake() int {
	c := self("idle")
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if c.Start() != nil {
		return 1
	}
	say("daemon", c.Process.Pid)
	return 0
}

// supervisor starts a parent and waits to be killed.
func supervisor() int {
	s, err := Open(context.Background(), Options{
		StateDir: os.Args[1], Plain: os.Args[2] == "plain", Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		return 1
	}
	c := self("parent")
	c.Path = os.Args[4]
	var user *User
	if os.Args[3] != "" {
		if user, err = LookUpUser(os.Args[3], true); err != nil {
			return 1
		}
	}
	p, err := s.Start(Spec{Name: "www", Home: os.Args[1], Cmd: c, User: user})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	in := bufio.NewScanner(p.Output)
	for in.Scan() {
		fmt.Println(in.Text())
	}
	return 0
}

func self(role string, args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), as+"="+role)
	return c
}

// open opens a starter for a test.
func open(t *testing.T, plain bool) *Starter {
	t.Helper()
	return openIn(t, t.TempDir(), plain)
}

func openIn(t *testing.T, dir string, plain bool) *Starter {
	t.Helper()
	s, err := Open(t.Context(), Options{StateDir: dir, Plain: plain, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if !plain && s.groups == nil {
		t.Skip("control groups are not to be had here")
	}
	return s
}

// start starts the test binary in a role.
func start(t *testing.T, s *Starter, role string, change func(*Spec)) *Process {
	t.Helper()
	spec := Spec{Name: "www", Home: t.TempDir(), Cmd: self(role)}
	if change != nil {
		change(&spec)
	}
	p, err := s.Start(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Kill()
		p.End()
		p.Close()
	})
	return p
}

// pids reads who says what until everybody expected has.
func pids(t *testing.T, from *bufio.Scanner, who ...string) map[string]int {
	t.Helper()
	found := map[string]int{}
	for len(found) < len(who) {
		if !from.Scan() {
			t.Fatalf("output ended, got %v of %v", found, who)
		}
		role, number, _ := strings.Cut(from.Text(), " ")
		if pid, err := strconv.Atoi(number); err == nil {
			found[role] = pid
		}
	}
	return found
}

// until waits for a condition.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline.C:
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}

// there reports whether a process is in the table, dead or alive.
func there(pid int) bool {
	_, err := look(pid)
	return err == nil
}

func alive(pid int) bool {
	e, err := look(pid)
	return err == nil && e.state != 'Z'
}

// both runs a test with control groups and without.
func both(t *testing.T, test func(t *testing.T, plain bool)) {
	t.Run("groups", func(t *testing.T) { test(t, false) })
	t.Run("plain", func(t *testing.T) { test(t, true) })
}
