package filter

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// asShell makes the test binary stand in for ssh: rsync calls it with a host
// and the command to run there.
const asShell = "SYNCSVC_FILTER_TEST_SHELL"

func TestMain(m *testing.M) {
	if os.Getenv(asShell) != "" {
		runRemote()
	}
	goleak.VerifyTestMain(m)
}

func runRemote() {
	program, err := exec.LookPath("rsync")
	if err == nil {
		err = syscall.Exec(program, os.Args[2:], os.Environ())
	}
	os.Stderr.WriteString(err.Error() + "\n")
	os.Exit(127)
}
