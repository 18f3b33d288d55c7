package main

import (
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// until runs a program again and again until it has the exit code:
// until 5 syncsvc status.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until CODE PROGRAM [ARG]...")
	}
	deadline := time.NewTimer(arrivesWithin)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		code := 0
		err := ts.Exec(args[1], args[2:]...)
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			code = exit.ExitCode()
		} else if err != nil {
			ts.Fatalf("%v", err)
		}
		if fmt.Sprint(code) == args[0] {
			return
		}
		select {
		case <-deadline.C:
			ts.Fatalf("it never had the exit code %s, the last was %d", args[0], code)
		case <-tick.C:
		}
	}
}
