package boot_test

import (
	"os"
	"strings"
	"testing"
)

// The harness itself: what it promises to the scenarios.
func TestMachineBootsRebootsAndSpeaksToTheReceiver(t *testing.T) {
	t.Parallel()
	m := boot(t, "bookworm")
	r := newReceiver(t, m.network, m.dir, "www")
	m.write("/root/secret", receiverPassword)
	m.sh("chmod 600 /root/secret")
	first := m.sh("cat /proc/sys/kernel/random/boot_id; hostname")
	m.sh("echo hello > /root/file; rsync --password-file /root/secret /root/file " + r.url("www"))
	m.reboot()
	m.sh("rsync --password-file /root/secret /root/file " + r.url("www") + "/again")
	if got, err := os.ReadFile(r.path("www/again")); string(got) != "hello\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if got := m.boots.Load(); got != 2 {
		t.Errorf("booted %d times, want 2", got)
	}
	m.poweroff()
	if m.running() || m.leader() != 0 {
		t.Error("it is still on")
	}
	m.start()
	if out, err := m.try("false"); exitCode(err) != "1" {
		t.Errorf("false: %v %s", err, out)
	}
	if second := m.sh("cat /proc/sys/kernel/random/boot_id; hostname"); second == first || !strings.HasSuffix(second, "sender\n") {
		t.Errorf("%q, then %q", first, second)
	}
}
