package sshd

import (
	"os/exec"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRunsACommand(t *testing.T) {
	s, err := Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	cmd := exec.Command(
		"ssh", "-oBatchMode=yes", "-oStrictHostKeyChecking=yes", "-oUserKnownHostsFile="+s.KnownHosts,
		"-i", s.IdentityFile, "-p", strconv.Itoa(s.Port), "-l", s.User, s.Host, "echo", "hello",
	)
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "hello\n" {
		t.Errorf("%v: %q\n%s", err, out, s.Log())
	}
}
