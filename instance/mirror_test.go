package instance_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/compare"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/instance"
	"github.com/syncsvc/syncsvc/rsync/rsyncd"
)

// patience is how long a test waits for something that should take moments:
// the machine may be busy.
const patience = 2 * time.Minute

// asInstance makes the test binary run one module, as "syncsvc instance" does;
// tests that kill it need a process of its own.
const asInstance = "SYNCSVC_TEST_INSTANCE"

// mirror is a module with its source, its targets and the process that mirrors
// the one to the others.
type mirror struct {
	testing.TB
	dir     string // everything lies in it
	source  string
	targets []string // folders, in the order of the module's targets
	daemon  *rsyncd.Daemon
	file    string   // the module file
	options []string // lines of the module file beyond watch and targets
	urls    []string // instead of the daemon's modules
	state   string

	cmd    *exec.Cmd
	output *transcript
	env    []string             // of the process, beyond the test's own
	attr   *syscall.SysProcAttr // of the process; nil is a group of its own
	link   *os.File             // the process's end of a link; nil is none
	client *control.Client
}

// newMirror makes a source and n targets on one daemon; nothing runs yet.
// Options are lines of the module file.
func newMirror(t testing.TB, n int, options ...string) *mirror {
	t.Helper()
	dir := t.TempDir()
	m := &mirror{
		TB: t, dir: dir, source: filepath.Join(dir, "source"), options: options,
		file: filepath.Join(dir, "conf.d", "www.yaml"), state: filepath.Join(dir, "state"),
	}
	m.mkdir(m.source, filepath.Dir(m.file), filepath.Join(dir, "rsyncd"))
	var modules []rsyncd.Module
	for i := range n {
		path := filepath.Join(dir, fmt.Sprint("target", i))
		m.mkdir(path)
		m.targets = append(m.targets, path)
		modules = append(modules, rsyncd.Module{Name: fmt.Sprint("m", i), Path: path})
	}
	d, err := rsyncd.Start(rsyncd.Options{Dir: filepath.Join(dir, "rsyncd"), Modules: modules})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	m.daemon = d
	for _, mod := range modules {
		m.urls = append(m.urls, d.URL(mod.Name))
	}
	return m
}

// write makes the module file anew.
func (m *mirror) write() {
	m.Helper()
	text := "watch: " + m.source + "\n"
	if len(m.urls) > 0 {
		text += "targets:\n"
	}
	for _, u := range m.urls {
		text += "  - " + u + "\n"
	}
	text += strings.Join(m.options, "\n") + "\n"
	if err := os.WriteFile(m.file, []byte(text), 0o600); err != nil {
		m.Fatal(err)
	}
}

// start runs the module in a process of its own and waits until it answers.
func (m *mirror) start() *mirror {
	m.Helper()
	m.write()
	m.cmd = m.command()
	m.output = new(transcript)
	m.cmd.Stdout, m.cmd.Stderr = m.output, m.output
	if err := m.cmd.Start(); err != nil {
		m.Fatal(err)
	}
	m.Cleanup(m.kill)
	m.client = control.Dial(control.Socket(m.dir, "www"))
	m.until("the instance answers", func() bool {
		_, err := m.ask()
		return err == nil
	})
	return m
}

// command is the module in a process of its own.
func (m *mirror) command() *exec.Cmd {
	m.Helper()
	self, err := os.Executable()
	if err != nil {
		m.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(append(os.Environ(), asInstance+"="+m.dir), m.env...)
	if m.link != nil {
		cmd.ExtraFiles = []*os.File{m.link}
		cmd.Env = append(cmd.Env, control.LinkEnv+"=3")
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if m.attr != nil {
		cmd.SysProcAttr = m.attr
	}
	return cmd
}

// transcript is what a process said; it may be read while that goes on.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// runInstance is the body of the process that start makes.
func runInstance(dir string) int {
	if err := limitWatches(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	module, err := config.LoadModule(filepath.Join(dir, "conf.d", "www.yaml"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 6
	}
	link, err := control.LinkFromEnv()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, stop := signalContext()
	defer stop()
	level := new(slog.LevelVar)
	if os.Getenv("SYNCSVC_TEST_DEBUG") != "" {
		level.Set(slog.LevelDebug)
	}
	err = instance.Run(ctx, instance.Options{
		Module: module, StateDir: filepath.Join(dir, "state"), RunDir: dir, LogDir: dir,
		Drain: drainDeadline(), Link: link, Budget: budget(), Level: level,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// stop ends the process as a service manager does and expects a clean end.
func (m *mirror) stop() {
	m.Helper()
	if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		m.Fatal(err)
	}
	if err := m.cmd.Wait(); err != nil {
		m.Fatalf("after SIGTERM: %v\n%s", err, m.output)
	}
	m.cmd = nil
}

// kill ends the process as a power cut does.
func (m *mirror) kill() {
	if m.cmd == nil {
		return
	}
	process := m.cmd.Process
	if m.Failed() { // a process that hangs tells where
		_ = process.Signal(syscall.SIGQUIT)
		defer time.AfterFunc(5*time.Second, func() { _ = process.Kill() }).Stop()
	} else {
		_ = process.Kill()
	}
	_ = m.cmd.Wait()
	if m.Failed() || os.Getenv("SYNCSVC_TEST_DEBUG") != "" {
		m.Logf("the instance ended with %s and said:\n%s", m.cmd.ProcessState, tail(m.output.String(), 12000))
		daemon, _ := os.ReadFile(filepath.Join(m.dir, "rsyncd", "log"))
		m.Logf("the daemon said:\n%s", tail(string(daemon), 40000))
	}
	m.cmd = nil
}

// drainEnv tells the process how long transfers may go on after a stop.
const drainEnv = "SYNCSVC_TEST_DRAIN"

func drainDeadline() time.Duration {
	if d, err := time.ParseDuration(os.Getenv(drainEnv)); err == nil {
		return d
	}
	return 10 * time.Second
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

func (m *mirror) ask() (control.Status, error) {
	var st control.Status
	err := m.client.Get(m.Context(), "/v1/status", &st)
	return st, err
}

// status is what the instance says of itself.
func (m *mirror) status() control.Status {
	m.Helper()
	st, err := m.ask()
	if err != nil {
		m.Fatalf("status: %v\n%s", err, tail(m.output.String(), 12000))
	}
	return st
}

// until waits for a condition.
func (m *mirror) until(what string, is func() bool) {
	m.Helper()
	waitFor(m, what, is)
}

func waitFor(t testing.TB, what string, is func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline.C:
			t.Fatalf("waited %s in vain until %s", patience, what)
		case <-tick.C:
		}
	}
}

// untilState waits until the module is in a state and returns its status.
func (m *mirror) untilState(want control.State) (st control.Status) {
	m.Helper()
	m.until("the state is "+string(want), func() bool {
		st = m.status()
		return st.State == want
	})
	return st
}

// settle waits until everything that changed before is on every target.
func (m *mirror) settle() {
	m.Helper()
	ctx, cancel := context.WithTimeout(m.Context(), patience)
	defer cancel()
	var a control.WaitAnswer
	// it gives up first, to say what is missing
	err := m.client.Get(ctx, "/v1/wait?upto=now&timeout="+(patience-5*time.Second).String(), &a)
	if err != nil || !a.Done {
		m.Fatalf("wait: %v, behind: %q", errors.Join(err, ctx.Err()), a.Behind)
	}
}

// settled waits and then compares every target with the source in everything.
func (m *mirror) settled() {
	m.Helper()
	m.settle()
	for _, target := range m.targets {
		m.same(target)
	}
}

// strictly is what a comparison looks at in a test.
var strictly = compare.Options{Contents: true, Owners: true, Times: true, DirTimes: true, Max: 10}

// same compares source and target once they have come to rest: attributes of
// folders follow a deletion in a job of their own.
func (m *mirror) same(target string) {
	m.Helper()
	diff, _, err := compare.Trees(m.source, target, strictly)
	if err != nil {
		m.Fatal(err)
	}
	for _, d := range diff {
		if filepath.Base(d.Path) == ".rsync-partial" {
			continue // what a transfer that was cut off left for the next try
		}
		m.Errorf("%s: %s", filepath.Base(target), d)
	}
}

func (m *mirror) src(path string) string { return filepath.Join(m.source, path) }

func (m *mirror) mkdir(paths ...string) {
	m.Helper()
	for _, p := range paths {
		if err := os.MkdirAll(p, 0o755); err != nil {
			m.Fatal(err)
		}
	}
}

// put writes a file of the source, its folders included.
func (m *mirror) put(path, content string) {
	m.Helper()
	m.mkdir(filepath.Dir(m.src(path)))
	if err := os.WriteFile(m.src(path), []byte(content), 0o644); err != nil {
		m.Fatal(err)
	}
}

// program makes a file that can be run at once. What another test forks
// meanwhile would have it open for writing until it becomes another program, and
// then it is "text file busy".
func (m *mirror) program(path, text string) {
	m.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	m.must(os.WriteFile(path, []byte(text), 0o755))
}

// must fails the test on an error of something that has to work.
func (m *mirror) must(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

func (m *mirror) post(route string, request any) control.Answer {
	m.Helper()
	var a control.Answer
	m.must(m.client.Post(m.Context(), route, request, &a))
	return a
}

// has reports whether a target has a file of this content.
func (m *mirror) has(target int, path, content string) bool {
	b, err := os.ReadFile(filepath.Join(m.targets[target], path))
	return err == nil && string(b) == content
}
