package boot_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// guestFolder is where the guest finds its tests and writes what they said.
const guestFolder = "/root/guest"

// guestBoots are the tests of the package guest, one a boot.
var guestBoots = []string{"TestFirstBoot", "TestSecondBoot"}

const (
	// guestUnit starts the tests when everything else is up.
	guestUnit = `[Unit]
Description=Tests of the package
After=multi-user.target
[Service]
Type=oneshot
Environment=SYNCSVC_GUEST=1 HOME=/root
ExecStart=/bin/sh ` + guestFolder + `/boot.sh
[Install]
WantedBy=graphical.target
`
	// guestScript restarts the kernel after the first boot whatever happened, and
	// switches off after the second. A third one is the end, too: it would mean
	// that the kernel crashed.
	guestScript = `cd ` + guestFolder + ` || exit
play() { ./guest.test -test.v=test2json -test.timeout 30m -test.run "^$1\$" >"$1.log" 2>&1; }
if [ ! -e TestFirstBoot.log ]; then
	play TestFirstBoot
	systemctl reboot
else
	[ -e TestSecondBoot.log ] || play TestSecondBoot
	journalctl --no-pager -o short-monotonic -u syncsvc -u guest -n 500 >journal.log
	systemctl poweroff
fi
`
)

// disk is the virtual machine's, a file. It is written and read without being
// mounted.
type disk struct {
	path string
	base string // the root that was copied to it
}

// newDisk makes a disk from the cached root with the package and the tests.
func newDisk(t *testing.T) *disk {
	t.Helper()
	run, err := scratch()
	if err != nil {
		t.Fatalf("make a scratch folder: %v", err)
	}
	dir := filepath.Join(run, "vm")
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	d := &disk{path: filepath.Join(dir, "disk"), base: root(t, "vm")}
	content := filepath.Join(dir, "root")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	must(t, "cp", "-ax", "--reflink=auto", d.base, content)
	furnish(t, content)
	must(t, "truncate", "-s", "2G", d.path)
	must(t, "mkfs.ext4", "-q", "-F", "-d", content, d.path)
	must(t, "rm", "-rf", content)
	return d
}

// furnish puts into a root what the guest needs.
func furnish(t *testing.T, content string) {
	t.Helper()
	guest := filepath.Join(content, guestFolder)
	// /var/log/journal makes the journal outlive the first boot.
	for _, dir := range []string{guest, filepath.Join(content, "var/log/journal")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "test", "-c", "-ldflags=-s -w", "-o", filepath.Join(guest, "guest.test"), "./guest")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the tests of the guest: %v\n%s", err, out)
	}
	must(t, "cp", deb(t), filepath.Join(content, "root/syncsvc.deb"))
	for path, text := range map[string]string{
		"etc/machine-id":                   "", // a new one at the first boot
		"etc/hostname":                     "vm\n",
		"etc/fstab":                        "/dev/vda / ext4 defaults 0 1\n",
		"etc/systemd/system/guest.service": guestUnit,
		strings.TrimPrefix(guestFolder, "/") + "/boot.sh": guestScript,
	} {
		if err := os.WriteFile(filepath.Join(content, path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	must(t, "systemctl", "--root="+content, "enable", "--quiet", "guest.service")
	must(t, "systemctl", "--root="+content, "mask", "--quiet", "serial-getty@ttyS0.service")
}

func (d *disk) kernel(t *testing.T) string { return d.bootFile(t, "vmlinuz-*") }
func (d *disk) initrd(t *testing.T) string { return d.bootFile(t, "initrd.img-*") }

func (d *disk) bootFile(t *testing.T, pattern string) string {
	t.Helper()
	found, _ := filepath.Glob(filepath.Join(d.base, "boot", pattern))
	if len(found) != 1 {
		t.Fatalf("%d files %s in %s/boot, want one", len(found), pattern, d.base)
	}
	return found[0]
}

// read returns a file of the guest, empty when it is not there.
func (d *disk) read(t *testing.T, path string) string {
	t.Helper()
	out, err := exec.Command("debugfs", "-R", "cat "+path, d.path).Output() // its errors go elsewhere
	if err != nil {
		t.Errorf("read %s of the guest: %v", path, err)
	}
	return string(out)
}

// isClean: the guest has let go of its disk, so it was not cut off.
func (d *disk) isClean(t *testing.T) {
	out := must(t, "dumpe2fs", "-h", d.path)
	for line := range strings.Lines(out) {
		if state, ok := strings.CutPrefix(line, "Filesystem state:"); ok && strings.TrimSpace(state) == "clean" {
			return
		}
	}
	t.Errorf("the file system was not unmounted:\n%s", out)
}
