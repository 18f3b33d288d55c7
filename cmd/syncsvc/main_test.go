package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

// leakChecked runs the tests of a package and then looks for goroutines that
// they left behind.
type leakChecked struct{ *testing.M }

// Run is what testscript calls.
func (m leakChecked) Run() int {
	code := m.M.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func TestMain(m *testing.M) {
	testscript.Main(leakChecked{m}, map[string]func(){"syncsvc": main, "sersync": main, "sersync2": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			// The race detector would wait for a second at the end of each program.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			// Whatever is in the environment of who runs the tests.
			for _, f := range settingFlags() {
				env.Setenv("SYNCSVC_"+strings.ToUpper(f.key), "")
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "expand": expand, "arrives": arrives,
			"until": until, "shows": shows, "immutable": immutable,
			"daemon": daemon, "sshserver": sshServer,
		},
	})
}

// exits runs a program and demands an exit code: exits 6 syncsvc config check.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG]...")
	}
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if got := fmt.Sprint(code); got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// expand puts the values of variables in place of $NAME in files.
func expand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: expand FILE...")
	}
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

// arrives waits until a file holds a text: arrives FILE TEXT.
func arrives(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: arrives FILE TEXT")
	}
	deadline := time.NewTimer(arrivesWithin)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		b, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && strings.TrimSpace(string(b)) == args[1] {
			return
		}
		select {
		case <-deadline.C:
			ts.Fatalf("%s never became %q: %q, %v", args[0], args[1], b, err)
		case <-tick.C:
		}
	}
}

// arrivesWithin is generous: the machine may be busy.
const arrivesWithin = 2 * time.Minute
