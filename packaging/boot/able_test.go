package boot_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// needed are the programs that boot tests run, and the packages they are in.
var needed = map[string]string{
	"systemd-nspawn": "systemd-container", "nsenter": "util-linux", "ip": "iproute2",
	"rsync": "rsync", "cp": "coreutils", "dpkg-deb": "dpkg",
}

// able skips a test where machines are not asked for or cannot be, each with
// the reason. A missing program is a failure: it can be installed.
func able(t *testing.T) {
	t.Helper()
	if os.Getenv(bootEnv) == "" {
		t.Skip("boots machines, which takes minutes: make test-boot")
	}
	if os.Getuid() != 0 {
		t.Skip("only root can boot machines: sudo make test-boot")
	}
	if !mayAdminister(t) {
		t.Skip("this root lacks CAP_SYS_ADMIN, as in a container: nothing can be booted here")
	}
	for program, pkg := range needed {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is missing: apt-get install %s, or ./setup boot", program, pkg)
		}
	}
}

func mayAdminister(t *testing.T) bool {
	t.Helper()
	const sysAdmin = 21
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^CapEff:\s*([0-9a-f]+)$`).FindSubmatch(status)
	if found == nil {
		t.Fatal("no CapEff in /proc/self/status")
	}
	caps, err := strconv.ParseUint(string(found[1]), 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return caps&(1<<sysAdmin) != 0
}

// bootable starts one program in a root without booting it. What the kernel, or
// the sandbox this runs in, refuses is a reason to skip; anything else is a
// fault to be looked at.
func bootable(t *testing.T, root string) {
	t.Helper()
	var words bytes.Buffer
	cmd := exec.Command("systemd-nspawn", "--quiet", "--read-only", "--directory="+root, "--register=no", "--keep-unit",
		"--private-network", "--link-journal=no", "--resolv-conf=off", "--timezone=off", "--pipe", "/bin/true")
	cmd.Stdout, cmd.Stderr = &words, &words
	err := cmd.Run()
	switch {
	case err == nil:
	case refusedByKernel(words.String()):
		t.Skipf("systemd-nspawn may not start anything here: %s", strings.TrimSpace(words.String()))
	default:
		t.Fatalf("systemd-nspawn starts nothing in %s: %v: %s", root, err, words.String())
	}
}

// refusedByKernel says whether a program was stopped by what this machine does
// not let it do.
func refusedByKernel(words string) bool {
	for _, errno := range []syscall.Errno{syscall.EPERM, syscall.ENOSYS, syscall.EOPNOTSUPP, syscall.EROFS} {
		if strings.Contains(strings.ToLower(words), errno.Error()) {
			return true
		}
	}
	return false
}

// output runs a program on the host. The error has its words.
func output(argv ...string) (string, error) {
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		err = errors.New(strings.Join(argv, " ") + ": " + err.Error() + ": " + strings.TrimSpace(string(out)))
	}
	return string(out), err
}

// must is output for what cannot go wrong.
func must(t *testing.T, argv ...string) string {
	t.Helper()
	out, err := output(argv...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
