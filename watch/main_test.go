package watch

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func long() bool { return os.Getenv("SYNCSVC_LONG") != "" }

// insideEnv tells the test binary that it runs in a user namespace of its own.
const insideEnv = "SYNCSVC_WATCH_INSIDE"

// inUserNamespace runs the calling test again in a process that is root in a
// user namespace of its own, where limits can be set that bind nobody else. It
// returns true there and false, when that is over, outside.
func inUserNamespace(t *testing.T) bool {
	t.Helper()
	if os.Getenv(insideEnv) != "" {
		return true
	}
	enterUserNamespace(t, "1")
	return false
}

// enterUserNamespace is inUserNamespace for a test that hands something over,
// as the value of insideEnv.
func enterUserNamespace(t *testing.T, value string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), insideEnv+"="+value)
	ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: ids,
		GidMappings: ids,
	}
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if _, ran := err.(*exec.ExitError); err != nil && !ran {
		t.Skipf("no user namespace here: %v", err)
	}
	if err != nil {
		t.Errorf("in the namespace: %v", err)
	}
}

func setSysctl(t *testing.T, path, value string) {
	t.Helper()
	if err := os.WriteFile("/proc/sys/"+path, []byte(value), 0); err != nil {
		t.Skipf("cannot set %s here: %v", path, err)
	}
}
