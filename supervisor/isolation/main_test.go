// Package isolation_test tries the real program, as processes: that nothing a
// module does or suffers touches another one, and that nothing outlives what
// started it.
package isolation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/syncsvc/syncsvc/control"
)

// programEnv names the program under test, which TestMain builds.
const programEnv = "SYNCSVC_TEST_PROGRAM"

// longEnv asks for tests that take minutes.
const longEnv = "SYNCSVC_LONG"

const patience = time.Minute

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "syncsvc-isolation-")
	if err == nil {
		err = build(filepath.Join(dir, "syncsvc"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

func build(program string) error {
	out, err := exec.Command("go", "build", "-o", program, "github.com/syncsvc/syncsvc/cmd/syncsvc").CombinedOutput()
	if err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return os.Setenv(programEnv, program)
}

// site is a service with its folders.
type site struct {
	*testing.T
	home    string
	plain   bool // without control groups
	options []string
	cmd     *exec.Cmd
}

// newSite returns a site without modules, that does not run yet.
func newSite(t *testing.T, plain bool) *site {
	t.Helper()
	s := &site{T: t, home: t.TempDir(), plain: plain}
	for _, dir := range []string{"conf.d", "src", "dst"} {
		s.must(os.Mkdir(s.path(dir), 0o755))
	}
	if plain && os.Geteuid() != 0 {
		t.Skip("only root can hide the control groups")
	}
	t.Cleanup(s.clean)
	return s
}

func (s *site) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *site) path(parts ...string) string {
	return filepath.Join(append([]string{s.home}, parts...)...)
}

// module writes a module file; its folders are src/NAME and dst/NAME unless the
// lines say otherwise.
func (s *site) module(name string, lines ...string) {
	s.Helper()
	s.must(os.MkdirAll(s.path("src", name), 0o755))
	text := "watch: " + s.path("src", name) + "\n"
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "targets:") }) {
		text += "targets: [" + s.path("dst", name) + "]\n"
	}
	s.must(os.WriteFile(s.path("conf.d", name+".yaml"), []byte(text+strings.Join(lines, "\n")+"\n"), 0o600))
}

func (s *site) folders() []string {
	return []string{
		"--conf-dir", s.path("conf.d"), "--state-dir", s.path("state"), "--run-dir", s.path("run"), "--log-dir", s.path("log"),
	}
}

// start starts the service.
func (s *site) start() {
	s.Helper()
	args := append(slices.Concat([]string{os.Getenv(programEnv), "run", "--drain-timeout", "1s"}, s.folders()), s.options...)
	if s.plain {
		// The mount namespace of its own has no control groups in it.
		hide := `for at in $(awk '$3 == "cgroup2" {print $2}' /proc/mounts); do umount -l "$at" || exit 1; done; exec "$@"`
		args = append([]string{"unshare", "-m", "sh", "-c", hide, "sh"}, args...)
	}
	out, err := os.OpenFile(s.path("output"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	s.must(err)
	defer out.Close()
	s.cmd = exec.Command(args[0], args[1:]...)
	s.cmd.Stdout, s.cmd.Stderr = out, out
	s.must(s.cmd.Start())
}

// kill kills the service as nothing can catch.
func (s *site) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// stop ends the service in good order.
func (s *site) stop() {
	s.Helper()
	s.must(s.cmd.Process.Signal(syscall.SIGTERM))
	if err := s.cmd.Wait(); err != nil {
		s.Errorf("the service ended with %v", err)
	}
	s.cmd = nil
}

// clean ends what a failed test leaves behind.
func (s *site) clean() {
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		_ = s.cmd.Wait()
	}
	for pid := range s.processes() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	if s.Failed() {
		out, _ := os.ReadFile(s.path("output"))
		s.Logf("the service said:\n%s", out[max(0, len(out)-8<<10):])
	}
}

// processes returns whoever has the site's folder in its command line, dead ones
// that nobody waited for left out, and its command line.
func (s *site) processes() map[int]string {
	found := map[int]string{}
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range lines {
		text, err := os.ReadFile(file)
		pid, numErr := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err == nil && numErr == nil && pid != os.Getpid() && strings.Contains(string(text), s.home) {
			found[pid] = strings.ReplaceAll(string(text), "\x00", " ")
		}
	}
	return found
}

// instances returns how many instances run. What one of them has forked looks
// like it until it has become an rsync, and is none.
func (s *site) instances() (n int) {
	all := s.processes()
	is := func(pid int) bool { return strings.Contains(all[pid], " instance ") }
	for pid := range all {
		if is(pid) && !is(parent(pid)) {
			n++
		}
	}
	return n
}

// parent returns who started a process; 0 when it is gone.
func parent(pid int) (ppid int) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		if n, err := fmt.Sscanf(line, "PPid: %d", &ppid); n == 1 && err == nil {
			return ppid
		}
	}
	return 0
}

func (s *site) until(what string, is func() bool) {
	s.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline.C:
			s.Fatalf("waited in vain until %s: %v", what, s.processes())
		case <-tick.C:
		}
	}
}

// look asks the service about a module.
func (s *site) look(name string) (m control.Module, ok bool) {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, os.Getenv(programEnv), append([]string{"status", name, "--json"}, s.folders()...)...)
	text, err := c.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.Fatal(err)
	}
	if json.Unmarshal(text, &m) != nil || m.Name != name {
		return m, false
	}
	return m, true
}

// untilModule waits until a module is as wanted, and returns it.
func (s *site) untilModule(name, what string, is func(control.Module) bool) (m control.Module) {
	s.Helper()
	s.until(name+" "+what, func() bool {
		var ok bool
		m, ok = s.look(name)
		return ok && is(m)
	})
	return m
}

func (s *site) untilLive(name string) control.Module {
	s.Helper()
	return s.untilModule(name, "is live", func(m control.Module) bool { return m.State == control.Live })
}

func (s *site) put(name, file, text string) {
	s.Helper()
	s.must(os.WriteFile(s.path("src", name, file), []byte(text), 0o644))
}

// arrive waits until a file is on the target, and returns how long that took.
func (s *site) arrive(name, file, text string) time.Duration {
	s.Helper()
	began := time.Now()
	s.until(file+" arrives", func() bool {
		got, err := os.ReadFile(s.path("dst", name, file))
		return err == nil && string(got) == text
	})
	return time.Since(began)
}
