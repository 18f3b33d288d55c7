package boot_test

import (
	"os"
	"os/exec"
	"testing"
)

// vmEnv asks for the virtual machine.
const vmEnv = "SYNCSVC_VM"

// TestVMLimitsMemoryAndComesBackAfterReboot is for what a container cannot show:
// it has the control groups and the kernel settings of its host. Here the
// package meets a kernel of its own. What happens inside is told by
// guest/boots_test.go, a function for each boot.
func TestVMLimitsMemoryAndComesBackAfterReboot(t *testing.T) {
	ableVM(t)
	disk := newDisk(t)
	vm := &virtual{disk: disk, kernel: disk.kernel(t), initrd: disk.initrd(t), console: disk.path + ".console"}
	vm.untilOff(t)
	for _, boot := range guestBoots {
		t.Run(boot, func(t *testing.T) { verdicts(t, disk.read(t, guestFolder+"/"+boot+".log")) })
	}
	t.Run("SwitchesOffInOrder", disk.isClean)
	if t.Failed() {
		console, err := os.ReadFile(vm.console)
		t.Logf("== console (%v)\n%s", err, lastLines(string(console)))
		t.Logf("== last lines of the log\n%s", lastLines(disk.read(t, guestFolder+"/journal.log")))
	}
}

// forVM are the programs that takes, and the packages they are in.
var forVM = map[string]string{
	"qemu-system-x86_64": "qemu-system-x86", "mkfs.ext4": "e2fsprogs", "debugfs": "e2fsprogs",
	"cp": "coreutils", "dpkg-deb": "dpkg", "go": "golang, see https://go.dev/dl",
}

func ableVM(t *testing.T) {
	t.Helper()
	if os.Getenv(vmEnv) == "" {
		t.Skip("starts an emulated computer, which takes minutes: make test-vm")
	}
	if os.Getuid() != 0 {
		t.Skip("only root can make its disk: sudo make test-vm")
	}
	for program, pkg := range forVM {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is missing: apt-get install %s, or ./setup vm", program, pkg)
		}
	}
}
