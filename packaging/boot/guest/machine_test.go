package guest_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience is for one step, most of which take some seconds here. The emulated
// processor is slow, and its host may be busy.
const patience = 6 * time.Minute

// try runs a program and returns what it printed.
func try(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.WaitDelay = 5 * time.Second
	out, err := c.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// run runs a program that has to succeed.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := try(name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// until waits for a condition, which tells how it stands.
func until(t *testing.T, what string, cond func() (ok bool, stand string)) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, stand := cond()
		if ok {
			return
		}
		select {
		case <-deadline.C:
			t.Fatalf("not within %s: %s; it stands like this: %s", patience, what, stand)
		case <-tick.C:
		}
	}
}

// read returns a small file without the end of its last line.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// write writes a file and the folders above it.
func write(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// sysctl returns a setting of the kernel's: "fs/inotify/max_user_watches".
func sysctl(t *testing.T, key string) int {
	t.Helper()
	n, err := strconv.Atoi(read(t, "/proc/sys/"+key))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// bootID is another one after each boot of the kernel.
func bootID(t *testing.T) string {
	t.Helper()
	return read(t, "/proc/sys/kernel/random/boot_id")
}

// property asks systemd about our unit.
func property(t *testing.T, name string) string {
	t.Helper()
	return run(t, "systemctl", "show", "-P", name, "syncsvc.service")
}

// mainPID is the supervisor's process.
func mainPID(t *testing.T) int {
	t.Helper()
	pid, err := strconv.Atoi(property(t, "MainPID"))
	if err != nil || pid == 0 {
		t.Fatalf("no main process: %v", err)
	}
	return pid
}

// lives reports whether a process is there.
func lives(pid int) bool {
	_, err := os.Stat("/proc/" + strconv.Itoa(pid))
	return !errors.Is(err, fs.ErrNotExist)
}

// groupOf is the folder of a process's control group.
func groupOf(t *testing.T, pid int) string {
	t.Helper()
	path, ok := strings.CutPrefix(read(t, "/proc/"+strconv.Itoa(pid)+"/cgroup"), "0::")
	if !ok {
		t.Fatalf("process %d is in several control groups: %s", pid, path)
	}
	return filepath.Join("/sys/fs/cgroup", path)
}
