// Package boot_test boots whole machines, installs the packages on them, and
// looks at what an operator would see: is it mirroring, also after a reboot.
//
// A machine is a folder with a Debian in it, started by systemd-nspawn in a
// control group and a network of its own. The receiving side is an rsync
// daemon at the far end of that network.
//
// All of it is skipped unless SYNCSVC_BOOT is set, as "make test-boot" does.
package boot_test

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// bootEnv asks for machines to be booted.
const bootEnv = "SYNCSVC_BOOT"

// prefix begins the name of everything made on the host, so that a later run
// finds what a killed one left.
const prefix = "syncsvc-boot-"

// scratch is where this run keeps its machines. It is made by the first test
// that needs it.
var scratch = sync.OnceValues(openScratch)

func TestMain(m *testing.M) {
	if os.Getenv(joinEnv) != "" {
		fmt.Fprintln(os.Stderr, join(os.Args[1:]))
		os.Exit(127)
	}
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	closeScratch()
	os.Exit(code)
}

// seats bounds how many machines run at a time: more of them only make each
// other late.
var seats = make(chan struct{}, 2)

// takeSeat waits until a machine may be booted. The seat is given back when the
// test ends, so that a test that wants a second machine would wait for itself.
func takeSeat(t *testing.T) {
	t.Helper()
	seats <- struct{}{}
	t.Cleanup(func() { <-seats })
}
