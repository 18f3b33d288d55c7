package boot_test

import (
	"context"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"
)

const (
	// vmWithin is how long both boots may take: two to three minutes on an idle
	// host, where the emulated processor is a tenth as fast as a real one.
	vmWithin = 18 * time.Minute
	// vmParting is left of the test's own time for looking at the outcome.
	vmParting = time.Minute
)

// virtual is the emulated computer. It does without /dev/kvm, which is not
// everywhere to be had, and where it is, guests may hang.
type virtual struct {
	disk           *disk
	kernel, initrd string
	console        string // the file that its serial port writes to
}

// untilOff switches it on and returns when it has switched itself off.
func (v *virtual) untilOff(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), vmWithin)
	defer cancel()
	if end, ok := t.Deadline(); ok {
		ctx, cancel = context.WithDeadline(ctx, end.Add(-vmParting))
		defer cancel()
	}
	began := time.Now()
	out, err := v.run(ctx)
	if err != nil {
		t.Errorf("the virtual machine has not switched itself off: %v\n%s", err, out)
	}
	t.Logf("two boots took %s", time.Since(began).Round(time.Second))
}

func (v *virtual) run(ctx context.Context) ([]byte, error) {
	// qemu ends together with the thread that has started it, so that nothing
	// outlives a killed test.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, "qemu-system-x86_64",
		"-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1024",
		"-kernel", v.kernel, "-initrd", v.initrd, "-append", "root=/dev/vda rw console=ttyS0 panic=-1 quiet",
		"-drive", "file="+v.disk.path+",if=virtio,format=raw,cache=unsafe", // nobody needs it after a crash of the host
		"-nodefaults", "-display", "none", "-monitor", "none", "-serial", "file:"+v.console)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd.CombinedOutput()
}
