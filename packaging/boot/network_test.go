package boot_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/rsync/rsyncd"
)

const netnsFolder = "/run/netns"

// The two ends of a network. It is the same for every machine, for none sees
// another's.
const (
	machineAddress  = "10.73.0.2"
	receiverAddress = "10.73.0.8"
	receiverPort    = 873
)

// network is a cable between a machine and the receiving side, in two network
// namespaces that nothing else is in. It outlives reboots of the machine.
type network struct {
	machine, receiver string // names of the namespaces
}

func newNetwork(t *testing.T, name string) *network {
	t.Helper()
	n := &network{machine: name + "-machine", receiver: name + "-receiver"}
	for _, ns := range []string{n.machine, n.receiver} {
		if out, err := output("ip", "netns", "add", ns); err != nil {
			if refusedByKernel(out) {
				t.Skipf("no network namespace can be made here: %v", err)
			}
			t.Fatal(err)
		}
		t.Cleanup(func() { removeNetns(ns) })
	}
	must(t, "ip", "-n", n.machine, "link", "add", "host0", "type", "veth", "peer", "name", "far0", "netns", n.receiver)
	for _, end := range [][3]string{{n.machine, "host0", machineAddress}, {n.receiver, "far0", receiverAddress}} {
		must(t, "ip", "-n", end[0], "address", "add", end[2]+"/24", "dev", end[1])
		must(t, "ip", "-n", end[0], "link", "set", end[1], "up")
		must(t, "ip", "-n", end[0], "link", "set", "lo", "up")
	}
	return n
}

// removeNetns also ends what is left in it, such as the daemon of a killed run.
func removeNetns(ns string) {
	pids, _ := output("ip", "netns", "pids", ns)
	for field := range strings.FieldsSeq(pids) {
		if pid, err := strconv.Atoi(field); err == nil && pid != os.Getpid() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	_, _ = output("ip", "netns", "delete", ns)
}

// within calls f in a network namespace. What f starts stays in it.
func within(t *testing.T, ns string, f func()) {
	t.Helper()
	// Only this thread goes there, and it has to come back: the first thread of a
	// program does not end with a goroutine that is locked to it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home := openFile(t, "/proc/thread-self/ns/net")
	there := openFile(t, filepath.Join(netnsFolder, ns))
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		t.Fatalf("enter network %s: %v", ns, err)
	}
	defer func() {
		if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err != nil {
			panic(err) // everything after it would be in the wrong network
		}
	}()
	f()
}

func openFile(t *testing.T, path string) *os.File {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

// receiver is the host that the machine mirrors to: an rsync daemon with a
// password, which keeps its folders on the host.
type receiver struct {
	t      *testing.T
	dir    string
	ns     string
	daemon *rsyncd.Daemon
}

// Who may write to the receiver.
const receiverUser, receiverPassword = "backup", "s3cret"

func newReceiver(t *testing.T, n *network, dir string, modules ...string) *receiver {
	t.Helper()
	r := &receiver{t: t, dir: dir, ns: n.receiver}
	options := rsyncd.Options{Dir: filepath.Join(dir, "daemon"), Address: receiverAddress, Port: receiverPort}
	for _, name := range modules {
		options.Modules = append(options.Modules, rsyncd.Module{
			Name: name, Path: r.path(name), AuthUsers: map[string]string{receiverUser: receiverPassword},
			Extra: []string{"transfer logging = yes", "log format = %o %f"},
		})
		r.mkdir(r.path(name))
	}
	r.mkdir(options.Dir)
	var err error
	within(t, n.receiver, func() { r.daemon, err = rsyncd.Start(options) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.daemon.Stop)
	return r
}

func (r *receiver) mkdir(dir string) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		r.t.Fatal(err)
	}
}

// path is where a file that arrived is on the host.
func (r *receiver) path(inside string) string { return filepath.Join(r.dir, inside) }

// url is what add-module takes as its target.
func (r *receiver) url(module string) string {
	return "rsync://" + receiverUser + "@" + receiverAddress + "/" + module
}

// has says whether something of that name has arrived.
func (r *receiver) has(inside string) bool {
	_, err := os.Lstat(r.path(inside))
	return err == nil
}
