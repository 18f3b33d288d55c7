package guest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/syncsvc/syncsvc/control"
)

// smallestLimitIsEnoughForABigFile: the file passes through a module whose limit
// is a fraction of it, because what is only cached can be let go of.
func smallestLimitIsEnoughForABigFile(t *testing.T) {
	const size, name = 128 << 20, "big.iso"
	// What we have in the cache would count as ours.
	if err := os.WriteFile("/srv/"+name, make([]byte, size), 0o644); err != nil {
		t.Fatal(err)
	}
	syscall.Sync()
	write(t, "/proc/sys/vm/drop_caches", "1", 0)
	if err := os.Rename("/srv/"+name, "/srv/docs/"+name); err != nil {
		t.Fatal(err)
	}
	until(t, "the big file is there", func() (bool, string) {
		info, err := os.Stat("/backup/docs/" + name)
		return err == nil && info.Size() == size, fmt.Sprint(err)
	})
	m := untilLive(t)["docs"]
	if len(m.Deaths) > 0 {
		t.Errorf("it died of it: %+v", m.Deaths)
	}
	events := strings.Fields(read(t, filepath.Join(groupOf(t, m.Pid), "memory.events")))
	t.Log(strings.Join(events, " "))
	if i := slices.Index(events, "max"); events[i+1] == "0" {
		t.Error("it has never been at its limit, so this proves nothing")
	}
}

// moduleOverItsLimitDiesAlone: a hook of bbs eats until the kernel ends all of
// that module.
func moduleOverItsLimitDiesAlone(t *testing.T) {
	before, supervisor := untilLive(t), mainPID(t)
	write(t, filepath.Join("/srv/bbs", bait), "eat", 0o644)
	ticks := 0
	until(t, "the death of bbs is known", func() (bool, string) {
		ticks++
		mirrors(t, "www", fmt.Sprintf("meanwhile-%d", ticks))
		m := everybody(t)["bbs"]
		return len(m.Deaths) > 0, fmt.Sprint(m.State, m.Pid)
	})
	after := untilLive(t)
	causeIsShown(t, after["bbs"])
	if after["bbs"].Pid == before["bbs"].Pid || lives(before["bbs"].Pid) {
		t.Errorf("bbs is process %d, as before", after["bbs"].Pid)
	}
	for _, name := range []string{"www", "docs"} {
		if m := after[name]; m.Pid != before[name].Pid || m.Restarts != 0 {
			t.Errorf("%s is hit, too: process %d, before %d; %d restarts", name, m.Pid, before[name].Pid, m.Restarts)
		}
	}
	if got := mainPID(t); got != supervisor || property(t, "NRestarts") != "0" {
		t.Errorf("the service is hit, too: process %d, before %d", got, supervisor)
	}
	mirrors(t, "bbs", "after.txt")
	t.Logf("%d files of www arrived meanwhile", ticks)
}

// causeIsShown says where a person would look: in the status and in the journal.
func causeIsShown(t *testing.T, m control.Module) {
	t.Helper()
	const cause = "used more than its memory_max of 96 MiB"
	if d := m.Deaths[len(m.Deaths)-1]; d.Cause != cause {
		t.Errorf("cause of death: %q, want %q", d.Cause, cause)
	}
	out, _ := try("syncsvc", "status", "bbs")
	if t.Log(out); !strings.Contains(out, cause) {
		t.Error("the status does not show it")
	}
	if out := run(t, "journalctl", "-b", "-u", "syncsvc", "--no-pager"); !strings.Contains(out, cause) {
		t.Errorf("the journal does not show it:\n%s", out)
	}
	if out := run(t, "journalctl", "-b", "-k", "--no-pager"); !strings.Contains(out, "Memory cgroup out of memory") {
		t.Errorf("it was not the kernel that did it:\n%s", out)
	}
}
