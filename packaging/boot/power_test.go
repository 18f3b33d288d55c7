package boot_test

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// patience is how long a condition may take to come true. What is waited for
// takes a second or two; a busy host may be fifty times as slow.
const patience = 100 * time.Second

// until waits for a condition. It returns nil when it is true, and what is
// missing when it is not.
func (m *machine) until(what string, cond func() error) {
	m.t.Helper()
	if err := poll(patience, cond); err != nil {
		m.t.Fatalf("waited %s for %s: %v", patience, what, err)
	}
}

func poll(limit time.Duration, cond func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := cond()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		<-time.After(100 * time.Millisecond)
	}
}

// untilUp waits until a process 1 other than before has started everything.
func (m *machine) untilUp(before int) {
	m.t.Helper()
	err := poll(bootWithin, func() error {
		if !m.running() {
			return nil
		}
		leader := m.leader()
		if leader == 0 || leader == before {
			return errors.New("process 1 has not started")
		}
		return m.up(leader)
	})
	if err != nil || !m.running() {
		m.t.Fatalf("the machine (%s) is not up after %s: %v", m.kind, bootWithin, err)
	}
}

// up says what is missing for the machine to be up.
func (m *machine) up(leader int) error {
	if !m.systemd() {
		out, err := m.enter(leader, "sh", "-c", "runlevel; ps -e -o comm= | grep -xE 'rc|rcS|openrc|startpar' || true")
		if level := strings.Fields(out); err == nil && (len(level) != 2 || level[1] != "2") {
			err = fmt.Errorf("still starting: %q", out)
		}
		return err
	}
	out, err := m.enter(leader, "systemctl", "is-system-running")
	if state := strings.TrimSpace(out); state == "running" || state == "degraded" {
		return nil
	}
	return fmt.Errorf("systemd is not up: %w: %s", err, out)
}

// systemd says whether that is the machine's init system.
func (m *machine) systemd() bool {
	return !strings.Contains(m.kind, "sysv") && !strings.Contains(m.kind, "openrc")
}

// reboot restarts the machine as an operator would, and waits until it is up.
func (m *machine) reboot() {
	m.t.Helper()
	before := m.leader()
	_, _ = m.try("reboot") // the answer may be cut off
	m.untilUp(before)
}

// poweroff switches the machine off in order. start switches it on again.
func (m *machine) poweroff() {
	m.t.Helper()
	_, _ = m.try("poweroff")
	select {
	case <-m.off:
	case <-time.After(patience):
		m.t.Fatalf("the machine has not switched off within %s", patience)
	}
}
