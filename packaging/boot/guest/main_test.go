// Package guest_test is what "make test-vm" runs inside its virtual machine:
// the installed package on a kernel of its own, where control groups have a
// memory controller, kernel settings can be changed, and a reboot is one.
//
// It installs, fills memory and prepares a reboot, so it must not run anywhere
// else.
package guest_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// insideEnv is set by the unit that the virtual machine starts at boot.
const insideEnv = "SYNCSVC_GUEST"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// onlyInside keeps a test away from every other machine.
func onlyInside(t *testing.T) {
	t.Helper()
	if os.Getenv(insideEnv) != "1" {
		t.Skip("runs inside the virtual machine of make test-vm")
	}
}

// scene is a part of a boot's story; the ones after it need it.
func scene(t *testing.T, name string, play func(t *testing.T)) {
	t.Helper()
	if !t.Run(name, play) {
		t.Fatal("the rest of this boot makes no sense without that")
	}
}
