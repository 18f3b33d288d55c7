package main

import (
	"os/exec"

	"github.com/rogpeppe/go-internal/testscript"
)

// immutable makes a file that even root cannot change, until the script ends.
func immutable(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: immutable FILE")
	}
	path := ts.MkAbs(args[0])
	if out, err := exec.Command("chattr", "+i", path).CombinedOutput(); err != nil {
		ts.Fatalf("chattr +i %s: %v: %s", path, err, out)
	}
	ts.Defer(func() { _ = exec.Command("chattr", "-i", path).Run() })
}
