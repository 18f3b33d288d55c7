package main

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// until runs a program again and again until it has the exit code:
// until 5 syncsvc status.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until CODE PROGRAM [ARG]...")
	}
	repeat(ts, args[1:], "the exit code "+args[0], func(code int, _ string) bool {
		return fmt.Sprint(code) == args[0]
	})
}

// shows runs a program again and again until what it prints matches:
// shows '^www +degraded' syncsvc status.
func shows(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: shows REGEXP PROGRAM [ARG]...")
	}
	want, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	repeat(ts, args[1:], "an output like "+args[0], func(_ int, stdout string) bool {
		return want.MatchString(stdout)
	})
}

func repeat(ts *testscript.TestScript, words []string, what string, enough func(code int, stdout string) bool) {
	deadline := time.NewTimer(arrivesWithin)
	defer deadline.Stop()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		code := 0
		err := ts.Exec(words[0], words[1:]...)
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			code = exit.ExitCode()
		} else if err != nil {
			ts.Fatalf("%v", err)
		}
		if enough(code, ts.ReadFile("stdout")) {
			return
		}
		select {
		case <-deadline.C:
			ts.Fatalf("it never had %s; the last code was %d", what, code)
		case <-tick.C:
		}
	}
}
